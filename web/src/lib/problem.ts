// Errors: from whatever went wrong to one shape, and from that shape to words in the page's language.

import type { Failure, FileFault } from './types';

/** An error answer (problem+json), or a server that could not be reached (status 0). */
export class ApiError extends Error implements Failure {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly errors: FileFault[] = [],
  ) {
    super(detail || code);
    this.name = 'ApiError';
  }
}

export const unreachable = () => new ApiError(0, 'unreachable', '');

/** The error in a response body. Bodies that are no problem+json (a proxy's page, say) keep their status only. */
export function problemFrom(status: number, body: unknown): ApiError {
  const problem = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const text = (field: string) => (typeof problem[field] === 'string' ? problem[field] : '');
  const errors = Array.isArray(problem.errors) ? problem.errors.filter(isFault) : [];
  return new ApiError(Number(problem.status) || status, text('code'), text('detail') || text('title'), errors);
}

const isFault = (fault: unknown): fault is FileFault =>
  typeof fault === 'object' && fault !== null && 'line' in fault && 'reason' in fault;

/** The error of a failed response, read from its body. */
export async function readProblem(response: Response): Promise<ApiError> {
  return problemFrom(response.status, await response.json().catch(() => null));
}

/** Anything thrown, as an ApiError. */
export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError(-1, 'page_fault', error instanceof Error ? error.message : String(error));
}

export const isAbort = (error: unknown) => error instanceof DOMException && error.name === 'AbortError';

/** Names of the catalogue's messages, under `problem`. */
export interface Catalogue {
  has(name: string): boolean;
  say(name: string): string;
  /** What the server found wrong with a question, in these words; null where they lack it. */
  fault?(reason: string): string | null;
  /** Whether the server's own words, which are English, are in the page's language. */
  readsEnglish: boolean;
}

function nameByStatus(status: number): string {
  if (status === 0) return 'unreachable';
  if (status === 401 || status === 403) return 'unauthorized';
  if (status === 404) return 'not_found';
  if (status === 413) return 'file_too_large';
  if (status === 415) return 'unsupported';
  if (status === 429 || status === 503) return 'busy';
  if (status === 507) return 'disk_full';
  return status >= 400 && status < 500 ? 'invalid' : 'internal';
}

/**
 * What to tell the user. The server's `detail` names the thing and the next step, so English readers get it as it is;
 * others get the catalogue's words for the code, and where the code is new, those for the status with the detail. A `detail`
 * that only repeats a list of faults is left to that list.
 */
export function wordsFor(failure: Failure & { status?: number }, catalogue: Catalogue): string {
  const listed = Boolean(failure.errors?.length && failure.code && catalogue.has(failure.code));
  if (catalogue.readsEnglish && failure.detail && failure.status !== -1 && !listed) return failure.detail;
  const why = failure.code === 'edit_breaks_question' ? (catalogue.fault?.(failure.detail) ?? '') : '';
  if (failure.code && catalogue.has(failure.code)) return catalogue.say(failure.code) + why;
  const words = catalogue.say(nameByStatus(failure.status ?? 500));
  return failure.detail ? `${words} (${failure.detail})` : words;
}
