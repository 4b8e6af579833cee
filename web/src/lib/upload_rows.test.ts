import { describe, expect, it } from 'vitest';
import type { CourseDocument, Job } from './types';
import {
  byAttention,
  describe as write,
  follow,
  isOpen,
  nextToFollow,
  rowOf,
  wantsPassword,
  type Row,
} from './upload_rows';

const document = (status: CourseDocument['status'], code?: string): CourseDocument => ({
  id: 'd1',
  name: 'notes.pdf',
  status,
  job_id: 'j1',
  pages: 3,
  error: code ? { code, detail: 'Why.' } : null,
});
const job = (over: Partial<Job>): Job => ({ state: 'running', stage: 'reading', done: 0, total: 0, ...over });

describe('a row', () => {
  it('goes from upload to ready, each phase beginning at nothing done', () => {
    const row: Row = { key: 'upload-1', name: 'notes.pdf', phase: 'uploading', done: 50, total: 50 };
    write(row, document('queued'));
    expect([row.id, row.phase, row.done, row.total]).toEqual(['d1', 'queued', 0, 0]);
    follow(row, job({ done: 2, total: 3 }));
    expect([row.phase, row.done, row.total]).toEqual(['reading', 2, 3]);
    follow(row, job({ stage: 'indexing', done: 10, total: 40 }));
    expect([row.phase, row.done]).toEqual(['indexing', 10]);
    write(row, document('indexing'));
    expect(row.done).toBe(10);
    write(row, document('ready'));
    expect([row.phase, row.done, isOpen(row)]).toEqual(['ready', 0, false]);
    expect(row.key).toBe('upload-1');
  });

  it('fails with its job and says why', () => {
    const row = rowOf(document('queued'));
    follow(row, job({ state: 'failed', error: { code: 'no_text_layer', detail: 'No text.' } }));
    expect([row.phase, row.problem?.code]).toEqual(['failed', 'no_text_layer']);
  });

  it.each([
    ['document_encrypted', true],
    ['wrong_password', true],
    ['no_text_layer', false],
  ])('%s wants a password: %s', (code, wants) => {
    expect(wantsPassword(rowOf(document('failed', code)))).toBe(wants);
  });

  it('wants no password while it is being read again', () => {
    const row = rowOf(document('failed', 'wrong_password'));
    write(row, document('queued'));
    expect(wantsPassword(row)).toBe(false);
  });
});

describe('the list', () => {
  it('follows what is being read before what waits, and nothing twice', () => {
    const of = (id: string, status: CourseDocument['status']) => rowOf({ ...document(status), id });
    const rows = [of('a', 'ready'), of('b', 'queued'), of('c', 'indexing'), of('d', 'failed'), of('e', 'queued')];
    const followed = new Set<string>();
    for (let id; (id = nextToFollow(rows, followed));) followed.add(id);
    expect([...followed]).toEqual(['c', 'b', 'e']);
  });

  it('puts failures first and what is ready last, each in the order it came', () => {
    const row = (key: string, phase: Row['phase']): Row => ({ key, name: key, phase, done: 0, total: 0 });
    const rows = [row('a', 'ready'), row('b', 'uploading'), row('c', 'failed'), row('d', 'ready'), row('e', 'queued')];
    expect(byAttention(rows).map(({ key }) => key)).toEqual(['c', 'b', 'e', 'a', 'd']);
    expect(rows[0]?.key).toBe('a');
  });
});
