// A course's documents as rows: what the server says of them and what is still being sent, put together.

import type { CourseDocument, Failure, Job, OutlineEntry, ReadWarning } from './types';

export type Phase = 'waiting' | 'uploading' | 'queued' | 'reading' | 'indexing' | 'ready' | 'failed';

export interface Row {
  key: string;
  name: string;
  phase: Phase;
  /** Units done and in all: bytes while uploading, pages or chunks after; 0 while unknown. */
  done: number;
  total: number;
  id?: string;
  jobId?: string | null;
  pages?: number | null;
  language?: CourseDocument['language'];
  outline?: OutlineEntry[];
  warnings?: ReadWarning[];
  problem?: Failure | null;
  /** What is to be sent; gone once the server has it. */
  file?: File;
  /** The document that this one takes the place of. */
  replaces?: string;
  /** The course held the same bytes already. */
  there?: boolean;
}

export const isOpen = (row: Row) => row.phase !== 'ready' && row.phase !== 'failed';

/** Whether a password may help: the file is locked, or the one given was wrong. */
export const wantsPassword = (row: Row) =>
  row.phase === 'failed' && (row.problem?.code === 'document_encrypted' || row.problem?.code === 'wrong_password');

/** Writes what the server says of a document into its row. A new phase begins at nothing done. */
export function describe(row: Row, document: CourseDocument): void {
  if (row.phase !== document.status) Object.assign(row, { done: 0, total: 0 });
  const { id, name, status: phase, job_id: jobId, pages, language, outline, warnings, error: problem } = document;
  Object.assign(row, { id, name, phase, jobId, pages, language, outline, warnings, problem });
}

/** The row of a document that is new here. */
export function rowOf(document: CourseDocument): Row {
  const row: Row = { key: document.id, name: document.name, phase: document.status, done: 0, total: 0 };
  describe(row, document);
  return row;
}

/** Writes a job's progress into its document's row. */
export function follow(row: Row, job: Job): void {
  Object.assign(row, { done: job.done, total: job.total });
  if (job.state === 'running') row.phase = job.stage === 'indexing' ? 'indexing' : 'reading';
  if (job.error) Object.assign(row, { phase: 'failed', problem: job.error });
}

/** The id of the document whose job is to be followed next: one that is being read, else the first that waits. */
export function nextToFollow(rows: Row[], followed: ReadonlySet<string>): string | undefined {
  const open = rows.filter((row) => row.id && row.jobId && isOpen(row) && !followed.has(row.id));
  return (open.find(({ phase }) => phase === 'reading' || phase === 'indexing') ?? open[0])?.id;
}

/** What wants attention first: failed, then open, then ready; within each as they came. */
export function byAttention(rows: Row[]): Row[] {
  const rank = (row: Row) => (row.phase === 'failed' ? 0 : isOpen(row) ? 1 : 2);
  return rows.toSorted((a, b) => rank(a) - rank(b));
}
