// Deleting with undo: what is deleted is hidden at once, and deleted when the offer to undo ends.

import { asApiError } from './problem';
import type { Failure } from './types';

const OFFER_MS = 8000;

export interface Undoable {
  /** What is hidden meanwhile: any id of the thing. */
  id?: string;
  /** For the user. */
  name: string;
  /** Does it for good, by a request that outlives the page. */
  commit?(): Promise<unknown>;
  /** Takes it back, where showing it again is not all. */
  back?(): void;
}

class Undo {
  current = $state.raw<Undoable | null>(null);
  problem = $state.raw<Failure | null>(null);
  #hidden = $state.raw<string[]>([]);
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    addEventListener('pagehide', () => this.settle());
  }

  /** Whether this is deleted, or will be unless it is taken back. */
  hides(id: string): boolean {
    return this.#hidden.includes(id);
  }

  /** Hides a thing and offers to undo that. One offer stands at a time: an earlier one is settled. */
  offer(what: Undoable): void {
    this.settle();
    this.problem = null;
    this.current = what;
    if (what.id) this.#hidden = [...this.#hidden, what.id];
    this.resume();
  }

  /** Deletes for good what is on offer. */
  settle(): void {
    const what = this.#take();
    what?.commit?.().catch((error: unknown) => {
      const problem = asApiError(error);
      if (problem.status === 404) return;
      this.#show(what);
      this.problem = problem;
    });
  }

  back(): void {
    const what = this.#take();
    if (!what) return;
    this.#show(what);
    what.back?.();
  }

  /** The offer stays while it is looked at. */
  pause(): void {
    clearTimeout(this.#timer);
  }

  resume(): void {
    clearTimeout(this.#timer);
    if (this.current) this.#timer = setTimeout(() => this.settle(), OFFER_MS);
  }

  #show(what: Undoable): void {
    this.#hidden = this.#hidden.filter((id) => id !== what.id);
  }

  #take(): Undoable | null {
    clearTimeout(this.#timer);
    const what = this.current;
    this.current = null;
    return what;
  }
}

export const undo = new Undo();
