import { describe, expect, it } from 'vitest';
import en from '../messages/en.json';
import { matchFault } from './match_fault';
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

  it('keeps the lines that a file is at fault in', () => {
    const errors = [{ line: 3, reason: 'an option without text' }];
    expect(problemFrom(400, { code: 'import_invalid', errors: [...errors, 'odd', null] }).errors).toEqual(errors);
  });
});

describe('matchFault', () => {
  it("recognises the server's sentences and what they quote", () => {
    expect(matchFault('an answer without text after `=`', en.fault)).toEqual({
      name: 'answerEmpty',
      values: { sign: '=' },
    });
    expect(matchFault('“Calvin” is only partly right and was not taken', en.fault)?.values).toEqual({ text: 'Calvin' });
    expect(matchFault('`{` without `}` after it; a blank line ends a question', en.fault)?.name).toBe('unclosed');
    expect(matchFault('a second `{`; write `\\{` where it is meant as text', en.fault)?.values).toEqual({
      sign: '{',
      escape: '\\{',
    });
  });

  it('takes the number of the question from the front', () => {
    const found = matchFault('Question 3: the key is not among the options.', en.fault);
    expect(found).toEqual({ name: 'keyMissing', values: {}, question: '3' });
    expect(matchFault('something new', en.fault)).toBeNull();
  });
});

describe('wordsFor', () => {
  it('leaves a list of faults to the list, in every language', () => {
    const failure = { code: 'invalid', detail: 'line 3: …', status: 400, errors: [{ line: 3, reason: 'x' }] };
    expect(wordsFor(failure, english)).toBe('無法接受');
    expect(wordsFor(failure, chinese)).toBe('無法接受');
    expect(wordsFor({ ...failure, code: 'new_code' }, english)).toBe('line 3: …');
  });

  it('says why an edit breaks a question where it has the words', () => {
    const failure = { code: 'edit_breaks_question', detail: 'Question 3: the stem is empty.', status: 400 };
    const words: Catalogue = { ...chinese, has: () => true, say: () => '不完整。', fault: () => '題目是空的' };
    expect(wordsFor(failure, words)).toBe('不完整。題目是空的');
    expect(wordsFor(failure, { ...words, fault: () => null })).toBe('不完整。');
  });

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
