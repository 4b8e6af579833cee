// Every request goes through here: the key is added, a lost server and a refused key are noticed.

import { lastCalls } from './last_calls.svelte';
import { unreachable } from './problem';
import { session } from './session.svelte';
import { sleep } from './slots';

const MOST_WAIT_S = 5;

/** Headers that carry the key, where one was given. */
export function keyHeaders(): Record<string, string> {
  return session.key ? { Authorization: `Bearer ${session.key}` } : {};
}

/** Whether a proxy answered because the server did not. */
export const isProxyAlone = (status: number) => status === 502 || status === 504;

/** Notes what a status says about the session. */
export function noteStatus(status: number): void {
  session.reachable = !isProxyAlone(status);
  if (status === 401) session.refuseKey();
}

/** `fetch`, with the key; throws `ApiError` where the server can't be reached. */
export async function send(input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> {
  const request = new Request(input, init);
  for (const [name, value] of Object.entries(keyHeaders())) request.headers.set(name, value);
  void noteCall(request.clone());
  const again = request.clone();
  let response: Response;
  try {
    response = await fetch(request);
    // A busy server did nothing yet and says when to come back: it is asked once more, as is any for what changes nothing.
    const wait = Number(response.headers.get('retry-after'));
    if (response.status === 503 && (wait > 0 || again.method === 'GET')) {
      await sleep(1000 * Math.min(MOST_WAIT_S, wait || 1));
      response = await fetch(again);
    }
  } catch (error) {
    if (request.signal.aborted) throw error;
    session.reachable = false;
    throw unreachable();
  }
  noteStatus(response.status);
  if (isProxyAlone(response.status)) throw unreachable();
  return response;
}

async function noteCall(request: Request): Promise<void> {
  const { method, url } = request;
  const { pathname, search } = new URL(url);
  const isJson = request.headers.get('content-type')?.startsWith('application/json');
  const body = isJson ? await request.text() : undefined;
  // A file name that the page may read is in the form only.
  const form = method === 'POST' && !isJson ? await request.formData().catch(() => null) : null;
  const files = form?.getAll('file').flatMap((file) => (file instanceof File ? [file.name] : []));
  lastCalls.note({ method, path: pathname + search, ...(body && { body }), ...(files?.length && { files }) });
}
