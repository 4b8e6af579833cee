// A course's documents: what is uploading, being read, ready or failed. One object per course, kept while the page
// lives, so that uploads go on while another course is looked at.

import { deleteDocument, getDocument, listDocuments, watchJob } from './api';
import { asApiError } from './problem';
import { slots, sleep } from './slots';
import type { CourseDocument, Failure, Job } from './types';
import { uploadFile } from './upload';

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
  language?: string | null;
  problem?: (Failure & { status?: number }) | null;
  /** The course held the same bytes already. */
  there?: boolean;
  /** Kept until it is uploaded, to try again. */
  file?: File;
}

const POLL_MS = 5000;
const MAX_ATTEMPTS = 5;
const uploads = slots(2);
const watches = slots(2);
let keys = 0;

export const isOpen = (row: Row) => row.phase !== 'ready' && row.phase !== 'failed';

export class CourseDocuments {
  rows = $state<Row[]>([]);
  loaded = $state(false);
  problem = $state<Failure | null>(null);
  #watched = new Set<string>();
  #polling = false;

  constructor(readonly course: string) {}

  get ready(): number {
    return this.rows.filter((row) => row.phase === 'ready').length;
  }

  find(id: string): Row | undefined {
    return this.rows.find((row) => row.id === id);
  }

  /** Brings the rows up to what the server knows; rows still uploading stay. */
  async load(): Promise<void> {
    try {
      const documents = await listDocuments(this.course);
      const ids = new Set(documents.map((document) => document.id));
      this.rows = this.rows.filter((row) => !row.id || ids.has(row.id));
      documents.forEach((document) => this.#merge(document));
      this.problem = null;
      this.loaded = true;
    } catch (error) {
      this.problem = asApiError(error);
    }
    void this.#poll();
  }

  add(files: Iterable<File>): void {
    for (const file of files) {
      keys += 1;
      const row: Row = { key: `upload-${keys}`, name: file.name, phase: 'waiting', done: 0, total: file.size, file };
      this.rows.push(row);
      void this.#send(row.key);
    }
  }

  retry(row: Row): void {
    Object.assign(row, { phase: 'waiting', problem: null, done: 0 });
    void this.#send(row.key);
  }

  async remove(row: Row): Promise<void> {
    try {
      if (row.id) await deleteDocument(row.id);
    } catch (error) {
      const problem = asApiError(error);
      if (problem.status !== 404) {
        this.problem = problem;
        return;
      }
    }
    this.rows = this.rows.filter((other) => other.key !== row.key);
  }

  async #send(key: string): Promise<void> {
    await uploads(async () => {
      const row = this.rows.find((other) => other.key === key);
      if (!row?.file) return;
      row.phase = 'uploading';
      try {
        const { document, there } = await uploadFile(this.course, row.file, (sent, total) => {
          Object.assign(row, { done: sent, total });
        });
        const twin = this.find(document.id);
        if (twin) this.rows = this.rows.filter((other) => other.key !== key);
        const kept = twin ?? row;
        Object.assign(kept, { id: document.id, jobId: document.job_id, name: document.name, file: undefined });
        Object.assign(kept, { there, phase: document.status, done: 0, total: 0 });
        if (there) await this.#refresh(document.id);
        else void this.#watch(document.id);
      } catch (error) {
        Object.assign(row, { phase: 'failed', problem: asApiError(error) });
      }
    });
  }

  #merge(document: CourseDocument): void {
    const { id, name, status: phase, job_id: jobId, pages, language, error: problem } = document;
    const row = this.find(id);
    if (!row) this.rows.push({ key: id, id, name, phase, jobId, pages, language, problem, done: 0, total: 0 });
    else {
      if (row.phase !== phase) Object.assign(row, { done: 0, total: 0 });
      Object.assign(row, { name, phase, jobId, pages, language, problem });
    }
    const merged = this.find(id)!;
    if (isOpen(merged)) void this.#watch(id);
  }

  async #refresh(id: string): Promise<void> {
    try {
      this.#merge(await getDocument(id));
    } catch (error) {
      if (asApiError(error).status === 404) this.rows = this.rows.filter((row) => row.id !== id);
    }
  }

  /** Follows the document's job to its end. A lost stream is taken up again; polling catches what still slips by. */
  async #watch(id: string): Promise<void> {
    if (this.#watched.has(id)) return;
    this.#watched.add(id);
    void this.#poll();
    await watches(async () => {
      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
        const row = this.find(id);
        if (!row?.jobId || !isOpen(row)) break;
        try {
          for await (const job of watchJob(row.jobId)) this.#apply(id, job);
          break;
        } catch {
          await sleep(1000 * 2 ** attempt);
        }
      }
    });
    await this.#refresh(id);
    this.#watched.delete(id);
  }

  #apply(id: string, job: Job): void {
    const row = this.find(id);
    if (!row) return;
    row.done = job.done;
    row.total = job.total;
    if (job.state === 'running') row.phase = job.stage === 'indexing' ? 'indexing' : 'reading';
    if (job.error) Object.assign(row, { phase: 'failed', problem: job.error });
  }

  async #poll(): Promise<void> {
    if (this.#polling) return;
    this.#polling = true;
    while (this.rows.some((row) => row.id && isOpen(row))) {
      await sleep(POLL_MS);
      await this.load();
    }
    this.#polling = false;
  }
}

const courses = new Map<string, CourseDocuments>();

export function documentsOf(course: string): CourseDocuments {
  const known = courses.get(course) ?? new CourseDocuments(course);
  courses.set(course, known);
  return known;
}
