import { describe, expect, it } from 'vitest';
import { asApiError, ApiError, problemFrom, readProblem, unreachable, wordsFor, type Catalogue } from './problem';

const words: Record<string, string> = {
  busy: '忙碌中',
  internal: '內部錯誤',
  invalid: '無法接受',
  unreachable: '無法連線',
  file_too_large: '檔案太大',
  page_fault: '頁面錯誤',
};
const chinese: Catalogue = { has: (n) => n in words, say: (n) => words[n]!, readsEnglish: false };
const english: Catalogue = { ...chinese, readsEnglish: true };

describe('problemFrom', () => {
  it('reads problem+json', async () => {
    const body = { type: 'x', title: 'Conflict', status: 409, detail: 'It is over already.', code: 'job_over' };
    const error = await readProblem(new Response(JSON.stringify(body), { status: 409 }));
    expect(error).toMatchObject({ status: 409, code: 'job_over', detail: 'It is over already.' });
  });

  it('keeps the status of answers that are something else', async () => {
    expect(await readProblem(new Response('<h1>Bad gateway</h1>', { status: 502 }))).toMatchObject({
      status: 502,
      code: '',
    });
    expect(problemFrom(500, { detail: 7, title: 'Oops' })).toMatchObject({ status: 500, detail: 'Oops' });
  });
});

describe('wordsFor', () => {
  it("gives English readers the server's own words", () => {
    const failure = { code: 'file_too_large', detail: 'notes.pdf is over the limit.', status: 413 };
    expect(wordsFor(failure, english)).toBe('notes.pdf is over the limit.');
  });

  it('gives others the words for the code', () => {
    expect(wordsFor({ code: 'file_too_large', detail: 'notes.pdf is …', status: 413 }, chinese)).toBe('檔案太大');
  });

  it('falls back on the status, with the detail, where the code is new', () => {
    expect(wordsFor({ code: 'models_loading', detail: 'Loading.', status: 503 }, chinese)).toBe('忙碌中 (Loading.)');
    expect(wordsFor({ code: 'odd_field', detail: '', status: 422 }, chinese)).toBe('無法接受');
    expect(wordsFor({ code: '', detail: '', status: 502 }, chinese)).toBe('內部錯誤');
    expect(wordsFor({ code: 'reader_crashed', detail: 'It crashed.' }, chinese)).toBe('內部錯誤 (It crashed.)');
  });

  it('has words for a server that is gone and for a fault of the page', () => {
    expect(wordsFor(unreachable(), english)).toBe('無法連線');
    expect(wordsFor(asApiError(new Error('x is undefined')), english)).toBe('頁面錯誤');
  });

  it('leaves an ApiError as it is', () => {
    const error = new ApiError(404, 'course_not_found', '');
    expect(asApiError(error)).toBe(error);
  });
});
