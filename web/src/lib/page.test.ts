import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import en from '../messages/en.json';
import zhHans from '../messages/zh-Hans.json';
import zhHant from '../messages/zh-Hant.json';
import { chooseLocale } from './choose_locale';
import { gapBetween, holdsQuote, needsSpace, splitMarks, withoutMarks } from './marks';
import { parseTable } from './parse_table';
import { placeOnPage } from './place_on_page';
import { slots } from './slots';

type Group = Record<string, string>;

describe('catalogues', () => {
  const flat = (catalogue: Record<string, Group>) =>
    Object.entries(catalogue).flatMap(([group, words]) =>
      Object.entries(words).map(([name, text]) => [`${group}.${name}`, text] as const),
    );
  const blanks = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1]).sort();

  it.each([zhHant, zhHans])('say the same things with the same blanks', (catalogue) => {
    const chinese = new Map(flat(catalogue));
    for (const [key, text] of flat(en)) {
      if (key.endsWith('_one')) continue; // Chinese has one plural form
      expect(blanks(chinese.get(key) ?? ''), key).toEqual(blanks(text));
      expect(chinese.get(key), key).toBeTruthy();
      chinese.delete(key);
    }
    expect([...chinese.keys()]).toEqual([]);
  });

  it('say what is wrong with a file for every code that reading it ends with', () => {
    const reader = readFileSync(new URL('../../../ingest/src/error.rs', import.meta.url), 'utf8');
    const codes = [...reader.matchAll(/=> "(\w+)",/g)].map((match) => match[1]!);
    expect(codes.length).toBeGreaterThan(15);
    expect(codes.filter((code) => !(code in en.problem))).toEqual([]);
  });
});

describe('chooseLocale', () => {
  it('remembers, else follows the browser, else is English', () => {
    expect(chooseLocale('zh-Hans', ['en'])).toBe('zh-Hans');
    expect(chooseLocale('xx', ['fr', 'zh-TW', 'en'])).toBe('zh-Hant');
    expect(chooseLocale(null, ['zh-CN'])).toBe('zh-Hans');
    expect(chooseLocale(null, ['de'])).toBe('en');
  });
});

describe('marks', () => {
  const known = (n: number) => n < 3;

  it('become buttons only where their citation is known', () => {
    expect(splitMarks('In 1912 [1]. See [9][2]', known)).toEqual([
      { text: 'In 1912 ' },
      { mark: 1 },
      { text: '. See ' },
      { text: '[9]' },
      { mark: 2 },
    ]);
  });

  it('go with the blank before them', () => {
    expect(withoutMarks('In 1912 [1][2]. See [9].', known)).toBe('In 1912. See [9].');
  });

  it('do not hide that an answer is the quote itself', () => {
    expect(holdsQuote('雲林縣地層下陷 [1]。', '雲林縣地層\n下陷。')).toBe(true);
    expect(holdsQuote('water [1]', 'It comes from the water.')).toBe(false);
  });

  it('need a blank after them in English, none in Chinese', () => {
    expect(needsSpace('It does.')).toBe(true);
    expect(needsSpace('葉子行光合作用。')).toBe(false);
    expect(gapBetween('– Roots', '– Leaves')).toBe('\n');
    expect(gapBetween('It does.', 'It did.')).toBe(' ');
  });
});

describe('parseTable', () => {
  it('gives the cells, head first, bars inside of them kept', () => {
    expect(parseTable('| need | for |\n|---|:-:|\n| light | a \\| b |')).toEqual([
      ['need', 'for'],
      ['light', 'a | b'],
    ]);
  });

  it.each(['', 'no table', '| a | b |\n|---|', '| a |\n| b |'])('leaves other text alone: %j', (text) => {
    expect(parseTable(text)).toBeNull();
  });
});

describe('placeOnPage', () => {
  it('turns points into percentages of the shown page', () => {
    const boxes = [
      { page: 2, left: 50, top: 100, right: 150, bottom: 120 },
      { page: 3, left: 0, top: 0, right: 1, bottom: 1 },
    ];
    const placed = placeOnPage(boxes, { page: 2, width: 500, height: 800 });
    expect(placed).toEqual([{ left: '10%', top: '12.5%', width: '20%', height: '2.5%' }]);
  });
});

describe('slots', () => {
  it('lets so many run and no more, in order, also past a failure', async () => {
    const run = slots(2);
    let running = 0;
    let most = 0;
    const order: number[] = [];
    const task = (n: number) =>
      run(async () => {
        running += 1;
        most = Math.max(most, running);
        order.push(n);
        await Promise.resolve();
        running -= 1;
        if (n === 1) throw new Error('failed');
      });
    const results = await Promise.allSettled([0, 1, 2, 3, 4].map(task));
    expect(most).toBe(2);
    expect(order).toEqual([0, 1, 2, 3, 4]);
    expect(results.map((result) => result.status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
      'fulfilled',
    ]);
  });
});
