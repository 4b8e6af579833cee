// A course's documents: what is uploading, being read, ready or failed. One object per course, kept while the page
// lives, so that uploads go on while another course is looked at.

import { deleteDocument, getDocument, listDocuments, readAgain, watchJob } from './api';
import { asApiError } from './problem';
import { slots, sleep } from './slots';
import type { CourseDocument, Failure } from './types';
import { undo } from './undo.svelte';
import { uploadFile } from './upload';
import { describe, follow, isOpen, nextToFollow, rowOf, type Row } from './upload_rows';

const POLL_MS = 5000;
const MAX_ATTEMPTS = 5;
const uploads = slots(2);
/** Streams of progress at a time, over all courses: browsers allow six connections to a server. */
const MOST_FOLLOWED = 2;
let followed = 0;
let keys = 0;

export class CourseDocuments {
  #all = $state<Row[]>([]);
  loaded = $state(false);
  problem = $state<Failure | null>(null);
  #watched = new Set<string>();
  #polling = false;

  constructor(readonly course: string) {}

  /** Without those whose deletion can still be undone. */
  get rows(): Row[] {
    return this.#all.filter((row) => !undo.hides(row.id ?? row.key));
  }

  get ready(): number {
    return this.rows.filter((row) => row.phase === 'ready').length;
  }

  find(id: string): Row | undefined {
    return this.#all.find((row) => row.id === id);
  }

  /** Brings the rows up to what the server knows; rows still uploading stay. */
  async load(): Promise<void> {
    try {
      const documents = await listDocuments(this.course);
      const ids = new Set(documents.map((document) => document.id));
      this.#all = this.#all.filter((row) => !row.id || ids.has(row.id));
      documents.forEach((document) => this.#merge(document));
      this.#follow();
      this.problem = null;
      this.loaded = true;
      this.#resend();
    } catch (error) {
      this.problem = asApiError(error);
    }
    void this.#poll();
  }

  add(files: Iterable<File>): void {
    for (const file of files) this.#enter(file);
  }

  /** Takes a file in; once it is ready, it takes the place of this row's document. */
  replace(row: Row, file: File): void {
    this.#enter(file, row.id);
  }

  #enter(file: File, replaces?: string): void {
    keys += 1;
    const row: Row = { key: `upload-${keys}`, name: file.name, phase: 'waiting', done: 0, total: file.size, file };
    this.#all.push(replaces ? { ...row, replaces } : row);
    void this.#send(row.key);
  }

  /** Sends what did not arrive, or has what could not be read be read again. */
  async retry(row: Row, password?: string): Promise<void> {
    if (row.id) {
      try {
        this.#merge(await readAgain(row.id, password));
        this.#follow();
      } catch (error) {
        row.problem = asApiError(error);
      }
      return;
    }
    Object.assign(row, { phase: 'waiting', problem: null, done: 0 });
    await this.#send(row.key);
  }

  /** Sends what did not arrive while the server was gone. */
  #resend(): void {
    for (const row of this.#all) if (row.file && row.problem?.code === 'unreachable') void this.retry(row);
  }

  /** Hides a row at once; its document is deleted when it is too late to undo. */
  remove(row: Row): void {
    if (!row.id) {
      this.#all = this.#all.filter((other) => other.key !== row.key);
      return;
    }
    const id = row.id;
    undo.offer({ id, name: row.name, commit: () => deleteDocument(id).then(() => this.#drop(id)) });
  }

  #drop(id: string): void {
    this.#all = this.#all.filter((row) => row.id !== id);
  }

  async #send(key: string): Promise<void> {
    await uploads(async () => {
      const row = this.#all.find((other) => other.key === key);
      if (!row?.file) return;
      row.phase = 'uploading';
      try {
        const { document, there } = await uploadFile(this.course, row.file, (sent, total) => {
          Object.assign(row, { done: sent, total });
        });
        const twin = this.find(document.id);
        if (twin) this.#all = this.#all.filter((other) => other.key !== key);
        const kept = twin ?? row;
        Object.assign(kept, { id: document.id, jobId: document.job_id, name: document.name, file: undefined });
        Object.assign(kept, { there, phase: document.status, done: 0, total: 0, replaces: row.replaces });
        if (there) await this.#refresh(document.id);
        else this.#follow();
      } catch (error) {
        Object.assign(row, { phase: 'failed', problem: asApiError(error) });
      }
    });
  }

  #merge(document: CourseDocument): void {
    const row = this.find(document.id);
    if (row) describe(row, document);
    else this.#all.push(rowOf(document));
    const merged = this.find(document.id)!;
    if (merged.phase === 'ready' && merged.replaces) void this.#succeed(merged);
  }

  /** What is replaced goes when its successor is ready, so that the course never lacks it. */
  async #succeed(row: Row): Promise<void> {
    const old = row.replaces!;
    row.replaces = undefined;
    if (old === row.id) return;
    try {
      await deleteDocument(old);
      this.#drop(old);
    } catch (error) {
      this.problem = asApiError(error);
    }
  }

  async #refresh(id: string): Promise<void> {
    try {
      this.#merge(await getDocument(id));
    } catch (error) {
      if (asApiError(error).status === 404) this.#drop(id);
    }
  }

  /** Follows as many jobs as may be; polling tells of the others. */
  #follow(): void {
    void this.#poll();
    for (let id; followed < MOST_FOLLOWED && (id = nextToFollow(this.#all, this.#watched));) void this.#watch(id);
  }

  /** Follows the document's job to its end. A lost stream is taken up again. */
  async #watch(id: string): Promise<void> {
    this.#watched.add(id);
    followed += 1;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const row = this.find(id);
      if (!row?.jobId || !isOpen(row)) break;
      try {
        for await (const job of watchJob(row.jobId)) {
          const watched = this.find(id);
          if (watched) follow(watched, job);
        }
        break;
      } catch {
        await sleep(1000 * 2 ** attempt);
      }
    }
    await this.#refresh(id);
    const row = this.find(id);
    if (row && isOpen(row)) await sleep(1000); // its stream ended too soon
    this.#watched.delete(id);
    followed -= 1;
    this.#follow();
  }

  async #poll(): Promise<void> {
    if (this.#polling) return;
    this.#polling = true;
    while (this.#all.some((row) => row.id && isOpen(row))) {
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
