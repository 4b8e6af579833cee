// The REST calls of the page. Paths, parameters and bodies are checked against openapi.json; the rest of the page sees
// only `types.ts`.

import createClient from 'openapi-fetch';
import type { paths } from '../generated/api';
import { send } from './http';
import { asApiError, problemFrom, readProblem, ApiError } from './problem';
import { readEvents } from './sse';
import type {
  AnswerMode,
  AskEvent,
  Course,
  CourseDocument,
  DocumentPage,
  Insight,
  Job,
  PastTurn,
  SearchHit,
  ServiceStatus,
} from './types';

export const client = createClient<paths>({ fetch: send });

export async function ok<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await call;
  if (!response.ok) throw problemFrom(response.status, error);
  return data as T;
}

/** All items of a list that pages by cursor. */
export async function all<Page extends { next_cursor?: string | null }, Item>(
  get: (query: { limit: number; cursor?: string }) => Promise<Page>,
  items: (page: Page) => Item[],
): Promise<Item[]> {
  const found: Item[] = [];
  let cursor: string | undefined;
  do {
    const page = await get({ limit: 200, ...(cursor && { cursor }) });
    found.push(...items(page));
    cursor = page.next_cursor ?? undefined;
  } while (cursor);
  return found;
}

export const listCourses = (): Promise<Course[]> =>
  all(
    (query) => ok(client.GET('/api/v1/courses', { params: { query } })),
    (page) => page.courses,
  );

export const createCourse = (title: string): Promise<Course> => ok(client.POST('/api/v1/courses', { body: { title } }));

export const renameCourse = (id: string, title: string): Promise<Course> =>
  ok(client.PATCH('/api/v1/courses/{id}', { params: { path: { id } }, body: { title } }));

/** The generator, then its adapters: what a course's answers and quizzes can be made with. */
export const listGenerators = async (): Promise<string[]> => {
  const { data } = (await ok(client.GET('/v1/models'))) as { data: { id: string }[] };
  return data.slice(0, -1).map(({ id }) => id); // the embedder comes last
};

/** The generator's name takes an adapter away again. */
export const chooseModel = (id: string, model: string): Promise<Course> =>
  ok(client.PATCH('/api/v1/courses/{id}', { params: { path: { id } }, body: { model } }));

/** The request outlives the page, which may be left at once. */
export const deleteCourse = async (id: string): Promise<void> => {
  await ok(client.DELETE('/api/v1/courses/{id}', { params: { path: { id } }, keepalive: true }));
};

export const listDocuments = (id: string): Promise<CourseDocument[]> =>
  all(
    (query) => ok(client.GET('/api/v1/courses/{id}/documents', { params: { path: { id }, query } })),
    (page) => page.documents,
  );

export const getDocument = (id: string): Promise<CourseDocument> =>
  ok(client.GET('/api/v1/documents/{id}', { params: { path: { id } } }));

/** The request outlives the page, which may be left at once. */
export const deleteDocument = async (id: string): Promise<void> => {
  await ok(client.DELETE('/api/v1/documents/{id}', { params: { path: { id } }, keepalive: true }));
};

/** Reads a document that failed once more. */
export const readAgain = (id: string, password?: string): Promise<CourseDocument> =>
  ok(client.POST('/api/v1/documents/{id}/read', { params: { path: { id } }, body: { password: password ?? null } }));

/** Searches a course's material, or one document of it. */
export const searchCourse = async (id: string, query: string, document?: string): Promise<SearchHit[]> => {
  const body = { query, limit: 20, ...(document && { document_ids: [document] }) };
  return (await ok(client.POST('/api/v1/courses/{id}/search', { params: { path: { id } }, body }))).hits;
};

export const getInsight = (id: string): Promise<Insight> =>
  ok(client.GET('/api/v1/courses/{id}/insight', { params: { path: { id } } }));

export const forgetAnswers = async (id: string): Promise<void> => {
  await ok(client.DELETE('/api/v1/courses/{id}/answers', { params: { path: { id } } }));
};

export const rateAnswer = async (id: string, helpful: boolean | null): Promise<void> => {
  await ok(client.PATCH('/api/v1/answers/{id}', { params: { path: { id } }, body: { helpful } }));
};

export const getStatus = (): Promise<ServiceStatus> => ok(client.GET('/api/v1/status'));

export const pullModel = async (id: string): Promise<void> => {
  await ok(client.POST('/api/v1/models/{id}/pull', { params: { path: { id } } }));
};

export const getPage = (id: string, page: number): Promise<DocumentPage> =>
  ok(client.GET('/api/v1/documents/{id}/pages/{page}', { params: { path: { id, page: String(page) } } }));

export const pagePictureUrl = (id: string, page: number) =>
  `/api/v1/documents/${encodeURIComponent(id)}/pages/${page}.png`;

export const isAlive = async (): Promise<boolean> => (await send('/health/live')).ok;

/** The events of a body. Where it breaks off, the server is asked whether it is still there, so that the page says so. */
async function* events(body: ReadableStream<Uint8Array>) {
  try {
    yield* readEvents(body);
  } catch (error) {
    if (asApiError(error).code === 'unreachable') await isAlive().catch(() => undefined);
    throw error;
  }
}

/** The states of a job as it goes; ends after its last, or when the connection does. */
export async function* watchJob(id: string): AsyncGenerator<Job> {
  const response = await send(`/api/v1/jobs/${encodeURIComponent(id)}/events`);
  if (!response.ok || !response.body) throw await readProblem(response);
  for await (const { event, data } of events(response.body)) {
    if (event === 'progress') yield JSON.parse(data) as Job;
  }
}

export interface Question {
  question: string;
  mode: AnswerMode;
  /** The turns before, where the server does not know them. */
  history?: PastTurn[];
  /** Where the turn is kept. */
  conversation_id?: string;
  /** Whether the answer is to tell how it came about. */
  explain?: boolean;
}

/** Asks, and tells what arrives; the last event is `done`. Throws `ApiError`; aborting the signal stops the model. */
export async function* ask(course: string, question: Question, signal: AbortSignal): AsyncGenerator<AskEvent> {
  const response = await send(`/api/v1/courses/${encodeURIComponent(course)}/ask`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'text/event-stream' },
    body: JSON.stringify({ ...question, stream: true }),
    signal,
  });
  if (!response.ok || !response.body) throw await readProblem(response);
  for await (const { event, data } of events(response.body)) {
    const value = JSON.parse(data);
    if (event === 'error') throw problemFrom(500, value);
    yield { event, data: value } as AskEvent;
    if (event === 'done') return;
  }
  throw new ApiError(500, 'answer_lost', '');
}
