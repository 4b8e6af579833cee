// The REST calls about quizzes.

import { send } from './http';
import { readProblem } from './problem';
import { nameOf } from './save_file';
import type {
  BankFilter,
  BankQuestion,
  FileFault,
  GivenAnswer,
  Marks,
  NotHeld,
  Question,
  QuestionChange,
  Quiz,
  QuizSummary,
  QuizWish,
} from './types';

async function call<T>(path: string, method = 'GET', body?: unknown, keepalive = false): Promise<T> {
  const response = await send(`/api/v1/${path}`, {
    method,
    keepalive,
    ...(body !== undefined && { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
  });
  if (!response.ok) throw await readProblem(response);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

const at = (id: string) => `quizzes/${encodeURIComponent(id)}`;
const of = (course: string) => `courses/${encodeURIComponent(course)}/quizzes`;

export async function listQuizzes(course: string): Promise<QuizSummary[]> {
  const found: QuizSummary[] = [];
  let cursor: string | null = '';
  do {
    const query: string = `limit=200${cursor && `&cursor=${cursor}`}`;
    const page: { quizzes: QuizSummary[]; next_cursor: string | null } = await call(`${of(course)}?${query}`);
    found.push(...page.quizzes);
    cursor = page.next_cursor;
  } while (cursor);
  return found.reverse();
}

export const askForQuiz = (course: string, wish: QuizWish) => call<{ quiz_id: string }>(of(course), 'POST', wish);
export const getQuiz = (id: string) => call<Quiz>(at(id));
/** The request outlives the page, which may be left at once. */
export const deleteQuiz = (id: string) => call<void>(at(id), 'DELETE', undefined, true);
export const cancelJob = (id: string) => call<unknown>(`jobs/${encodeURIComponent(id)}`, 'DELETE');

export interface QuizChange {
  title?: string;
  edits?: ({ n: number; remove?: true } & Partial<Question>)[];
  /** To be appended; each is proven in its new quiz. */
  add?: Question[];
  order?: number[];
  /** All questions as they are to be. */
  questions?: Question[];
}
/** A quiz after a change, and what came of it. */
export type ChangedQuiz = Quiz & { changes: QuestionChange[] };
export const changeQuiz = (id: string, change: QuizChange) => call<ChangedQuiz>(at(id), 'PATCH', change);

/** Makes a question again, or the wrong option at this place of its options. */
export const remakeQuestion = (id: string, n: number, option?: number) =>
  call<ChangedQuiz>(
    `${at(id)}/questions/${n}/regenerate`,
    'POST',
    option === undefined ? {} : { part: 'distractor', option },
  );

export const markQuiz = (id: string, answers: { n: number; answer: GivenAnswer }[]) =>
  call<Marks>(`${at(id)}/mark`, 'POST', { answers });

/** A quiz from a file, with what the file held that Lectern has no place for. */
export async function importQuiz(course: string, file: File, title = ''): Promise<Quiz & { not_taken: FileFault[] }> {
  const form = new FormData();
  form.append('file', file, file.name);
  if (title) form.append('title', title);
  const response = await send(`/api/v1/${of(course)}/import`, { method: 'POST', body: form });
  if (!response.ok) throw await readProblem(response);
  return await response.json();
}

/** A page of the course's questions, and where the next one begins. */
export function listBank(course: string, filter: BankFilter, cursor?: string | null) {
  const query = new URLSearchParams({ limit: '50', ...filter, ...(cursor && { cursor }) });
  const path = `courses/${encodeURIComponent(course)}/questions?${query}`;
  return call<{ questions: BankQuestion[]; next_cursor?: string | null }>(path);
}

/**
 * A new quiz of questions that others hold. An import is not proven, and what stays as it was is not proven again: the
 * quotes come second, so that every question which has one is.
 */
export async function makeQuizOf(course: string, title: string, questions: Question[]): Promise<ChangedQuiz> {
  const bare = questions.map((question) => ({ ...question, evidence: [] }));
  const { id } = await importQuiz(course, new File([JSON.stringify({ questions: bare })], 'quiz.json'), title);
  try {
    return await changeQuiz(id, { questions });
  } catch (error) {
    await deleteQuiz(id).catch(() => {});
    throw error;
  }
}

/** A quiz as a file, with what its format has no place for. */
export async function exportQuiz(id: string, format: string): Promise<{ name: string; blob: Blob; left: NotHeld[] }> {
  const response = await send(`/api/v1/${at(id)}/export?format=${format}`);
  if (!response.ok) throw await readProblem(response);
  const left = JSON.parse(response.headers.get('x-lectern-left-out') ?? '[]') as NotHeld[];
  return { name: nameOf(response, `quiz.${format}`), blob: await response.blob(), left };
}
