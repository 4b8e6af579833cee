// What holds for the whole page: whether the server answers, and the key where it wants one.

const KEY = 'lectern-key';

class Session {
  /** False from a failed request until the next answer. */
  reachable = $state(true);
  /** The server answered 401: the page asks for a key. */
  keyWanted = $state(false);
  /** A key was given and refused. */
  keyRefused = $state(false);
  key = $state(sessionStorage.getItem(KEY) ?? '');
  /** Raised when everything should be loaded again: a new key, or a server that is back. */
  epoch = $state(0);

  useKey(key: string): void {
    this.key = key;
    this.keyWanted = false;
    this.keyRefused = false;
    sessionStorage.setItem(KEY, key);
    this.epoch += 1;
  }

  refuseKey(): void {
    if (this.key) this.keyRefused = true; // several requests may be refused at once
    this.keyWanted = true;
    this.key = '';
    sessionStorage.removeItem(KEY);
  }

  /** Takes the key back; what needs it asks again. */
  forgetKey(): void {
    this.key = '';
    sessionStorage.removeItem(KEY);
    this.epoch += 1;
  }

  reload(): void {
    this.epoch += 1;
  }
}

export const session = new Session();
