import { describe, expect, it } from 'vitest';
import { asText } from './copy_text';
import { keepTalk, MOST_TURNS, readTalk, type KeptTurn } from './history';
import { nextStep } from './next_step';
import { nameOf } from './save_file';
import { headings, suggest } from './suggest';
import type { Citation, Question } from './types';
import type { Row } from './upload_rows';

const citation = (n: number, quote: string): Citation => ({
  n,
  document_id: 'd',
  document_name: 'plants.md',
  page: 2,
  quote,
  start: 0,
  end: 1,
  boxes: [],
});

/** A browser's storage that holds so many characters. */
class SmallStorage implements Storage {
  #all = new Map<string, string>();
  [name: string]: unknown;
  constructor(readonly room: number) {}
  get length() {
    return this.#all.size;
  }
  key = (i: number) => [...this.#all.keys()][i] ?? null;
  getItem = (key: string) => this.#all.get(key) ?? null;
  removeItem = (key: string) => void this.#all.delete(key);
  clear = () => this.#all.clear();
  setItem = (key: string, value: string) => {
    const others = [...this.#all].filter(([name]) => name !== key).reduce((sum, [, text]) => sum + text.length, 0);
    if (others + value.length > this.room) throw new DOMException('full', 'QuotaExceededError');
    this.#all.set(key, value);
  };
}

const turn = (question: string): KeptTurn => ({
  question,
  mode: 'answer',
  text: 'It does [1].',
  sentences: [],
  citations: [citation(1, 'does')],
  refused: false,
  seconds: 1,
  answerId: null,
  helpful: null,
});

describe('a talk', () => {
  it('is there again after a reload, the newest turns only', () => {
    const storage = new SmallStorage(1e6);
    const asked = Array.from({ length: MOST_TURNS + 5 }, (_, i) => turn(`Q${i}`));
    keepTalk(storage, 'c', asked);
    expect(readTalk(storage, 'c').map(({ question }) => question)).toEqual(
      asked.slice(5).map(({ question }) => question),
    );
    keepTalk(storage, 'c', []);
    expect(storage.length).toBe(0);
  });

  it('takes the room of other courses where the storage is full', () => {
    const storage = new SmallStorage(600);
    keepTalk(storage, 'old', [turn('old')]);
    keepTalk(storage, 'new', [turn('one'), turn('two')]);
    expect([readTalk(storage, 'old').length, readTalk(storage, 'new').length]).toEqual([0, 2]);
  });

  it.each(['{', '{"a":1}', '[null, 3, {"question": "Q"}]'])('that is not one is dropped: %s', (text) => {
    const storage = new SmallStorage(1e3);
    storage.setItem('lectern-talk-c', text);
    expect(readTalk(storage, 'c')).toEqual([]);
  });
});

describe('copying', () => {
  it('gives sentences with marks, then the sources', () => {
    const answer = {
      text: '',
      sentences: [{ text: 'Leaves are green [1].', citations: [1], support: 1 }],
      citations: [citation(1, 'Leaves look green.')],
    };
    expect(asText(answer, (c) => `${c.document_name}, p. ${c.page}`)).toBe(
      'Leaves are green. [1]\n\n[1] “Leaves look green.” (plants.md, p. 2)',
    );
  });
});

describe('a file from the server', () => {
  const named = (disposition: string) =>
    nameOf({ headers: new Headers(disposition ? { 'content-disposition': disposition } : {}) }, 'x.md');
  it('has the name that the server gave it, in any script', () => {
    expect(named(`attachment; filename="__.md"; filename*=UTF-8''%E5%85%89%20a.md`)).toBe('光 a.md');
    expect(named('')).toBe('x.md');
  });
});

describe('suggestions', () => {
  const asked = (stem: string, proven: boolean) =>
    ({ stem, kind: 'multiple_choice', proof: { proven, checks: [] } }) as unknown as Question;

  it('are proven questions first, then headings in their language, each once, those of the reader first', () => {
    const outline = [
      { title: 'Plants', level: 1, page: 1 },
      { title: '2.1 Chlorophyll', level: 2, page: 1 },
      { title: '3.', level: 2, page: 2 },
    ];
    const parts = [...headings(outline, 'en'), ...headings([{ title: '地下水', level: 1, page: 1 }], 'zh-Hant')];
    expect(
      suggest([asked('What is green?', true), asked('Wrong?', false), asked('A ____ is?', true)], parts, 'zh-Hant', 4),
    ).toEqual(['What is green?', '關於「地下水」，教材說了什麼？', 'What does the material say about Chlorophyll?']);
  });

  it('say nothing of headings that any book has, nor of the counts beside them', () => {
    const titles = [
      'Course schedule',
      'Chapter 2. Pain',
      'Others (3/3)',
      'March (1/2)',
      '1.3 第 3 節',
      '第二章 地下水',
      '參考文獻',
    ];
    const outline = titles.map((title) => ({ title, level: 1, page: 1 }));
    expect(headings(outline, 'en').map(({ title }) => title)).toEqual(['Pain', 'March', '地下水']);
  });

  it('are no more than wanted', () => {
    const many = Array.from({ length: 40 }, (_, i) => asked(`What is ${i}?`, true));
    expect(new Set(suggest(many, [], 'en', 4)).size).toBe(4);
  });
});

describe('nextStep', () => {
  const row = (phase: Row['phase']): Row => ({ key: phase, name: phase, phase, done: 0, total: 0 });
  it('goes from material to questions to quizzes', () => {
    expect(nextStep([], [], false)).toBe('add');
    expect(nextStep([row('reading')], [], false)).toBe('reading');
    expect(nextStep([row('ready'), row('failed')], [], false)).toBe('failed');
    expect(nextStep([row('ready')], [], false)).toBe('ask');
    expect(nextStep([row('ready')], [], true)).toBe('quiz');
    expect(nextStep([row('ready')], [{ status: 'making' }], true)).toBe('watch');
    expect(nextStep([row('ready')], [{ status: 'ready' }], true)).toBe('hand_out');
  });
});
