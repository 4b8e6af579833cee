import { afterEach, describe, expect, it, vi } from 'vitest';
import { gather, placeOf, tagsOf } from './bank';
import { makeQuizOf } from './quiz_api';
import { question } from './question_fixture';
import { readTags } from './question_form';
import type { BankQuestion, Question } from './types';

vi.mock('./http', () => ({ send: (...request: unknown[]) => fetch(...(request as [string])) }));

const banked = (quiz: string, n: number, over: Partial<Question> = {}): BankQuestion => ({
  ...question(over),
  quiz_id: quiz,
  quiz_title: quiz,
  n,
});
const proven = { proof: { proven: true, checks: [] } };

describe('the bank', () => {
  it('shows a question once, with every place it stands in, and its proof where one copy has it', () => {
    const items = gather([banked('a', 1), banked('a', 2, { stem: 'Why?' }), banked('b', 5, proven)]);
    expect(items.map((item) => item.places.map((place) => `${place.quiz_id}${place.n}`))).toEqual([
      ['a1', 'b5'],
      ['a2'],
    ]);
    expect(items[0]!.question.proof.proven).toBe(true);
    expect(items[0]!.question).not.toHaveProperty('quiz_id');
  });

  it('keeps questions apart that differ in what is asked or in their tags', () => {
    const options = ['chlorophyll', 'melanin'];
    expect(gather([banked('a', 1), banked('b', 1, { options }), banked('c', 1, { tags: ['leaf'] })])).toHaveLength(3);
  });

  it('finds a question again where others were moved or removed meanwhile', () => {
    const [wanted, other] = [question(), question({ stem: 'Why?' })];
    expect(placeOf([other, wanted], wanted, 2)).toBe(2);
    expect(placeOf([other, question(proven)], wanted, 1)).toBe(2);
    expect(placeOf([wanted], wanted, 7)).toBe(1);
    expect(placeOf([other], wanted, 1)).toBeNull();
  });

  it('offers every tag once', () => {
    const items = gather([banked('a', 1, { tags: ['unit 2', 'leaf'] }), banked('a', 2, { tags: ['leaf'] })]);
    expect(tagsOf(items, 'en')).toEqual(['leaf', 'unit 2']);
    expect(readTags(' leaf，單元一、leaf, ')).toEqual(['leaf', '單元一']);
  });
});

describe('a quiz of chosen questions', () => {
  afterEach(() => vi.unstubAllGlobals());
  const quote = { n: 1, document_id: 'd', document_name: 'a', page: 1, quote: 'q', start: 0, end: 1, boxes: [] };
  const chosen = [question({ evidence: [quote] })];

  it('is imported without quotes, which are then added, so that every question is proven', async () => {
    const sent: unknown[] = [];
    vi.stubGlobal('fetch', async (url: string, { method, body }: RequestInit) => {
      if (body instanceof FormData) sent.push(JSON.parse(await (body.get('file') as File).text()), body.get('title'));
      else sent.push(`${method} ${url}`, JSON.parse(body as string));
      return Response.json({ id: 'new', changes: [] });
    });
    await makeQuizOf('c', 'Test 1', chosen);
    expect(sent).toEqual([{ questions: [question()] }, 'Test 1', 'PATCH /api/v1/quizzes/new', { questions: chosen }]);
  });

  it('is not left behind half made', async () => {
    const asked: string[] = [];
    vi.stubGlobal('fetch', async (url: string, { method }: RequestInit) => {
      asked.push(`${method} ${url}`);
      if (method === 'PATCH') return Response.json({ code: 'quiz_busy' }, { status: 503 });
      return method === 'DELETE' ? new Response(null, { status: 204 }) : Response.json({ id: 'new' });
    });
    await expect(makeQuizOf('c', 'Test 1', chosen)).rejects.toMatchObject({ code: 'quiz_busy' });
    expect(asked.at(-1)).toBe('DELETE /api/v1/quizzes/new');
  });
});
