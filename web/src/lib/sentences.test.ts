import { describe, expect, it } from 'vitest';
import { placeOnPage, boxesOn } from './place_on_page';
import { nearest, sentencesOf, soughtFor } from './sentences';
import type { PageBlock, Question, SearchHit } from './types';

const hit = (text: string, start = 0): SearchHit => ({
  chunk_id: 'c',
  document_id: 'd',
  document_name: 'plants.md',
  pages: [1],
  heading_path: [],
  text,
  boxes: [],
  start,
  end: start + Buffer.byteLength(text),
});
/** The document's text at a sentence's bytes. */
const at = (text: string, offset: number, { start, end }: { start: number; end: number }) =>
  Buffer.from(text)
    .subarray(start - offset, end - offset)
    .toString();

describe('sentencesOf', () => {
  it.each([
    ['Leaves are green. 植物行光合作用。它們放出氧氣！', ['Leaves are green.', '植物行光合作用。', '它們放出氧氣！']],
    [
      'A line that\nends within. Two.\n\nA paragraph without an end\n\n',
      ['A line that\nends within.', 'Two.', 'A paragraph without an end'],
    ],
    ['😀 One. Été two?', ['😀 One.', 'Été two?']],
    ['  \n\n ', []],
  ])('cuts %j, each at its bytes', (text, sentences) => {
    const found = sentencesOf(hit(text, 100));
    expect(found.map((sentence) => sentence.text)).toEqual(sentences);
    for (const sentence of found) expect(at(text, 100, sentence)).toBe(sentence.text);
  });

  it('takes a table row by row, and shows each with its heads', () => {
    const table = '| need | 作用 |\n|---|---|\n| light | energy |\n| 鎂 | chlorophyll |';
    const found = sentencesOf(hit(table, 7));
    expect(found.map(({ shown }) => shown)).toEqual(['need: light; 作用: energy', 'need: 鎂; 作用: chlorophyll']);
    for (const row of found) expect(at(table, 7, row)).toBe(row.text);
  });
});

describe('nearest', () => {
  const found = [
    ...sentencesOf(hit('Roots hold the plant. Leaves catch light with chlorophyll. Nothing else.')),
    ...sentencesOf(hit('葉子以葉綠素吸收陽光。根部吸收水分。')),
  ];

  it('puts first what holds the key, and leaves out what shares nothing', () => {
    const texts = nearest(found, 'What catches the light in leaves? chlorophyll', 'Chlorophyll').map(
      ({ text }) => text,
    );
    expect(texts[0]).toBe('Leaves catch light with chlorophyll.');
    expect(texts).not.toContain('Nothing else.');
  });

  it('compares Chinese by pairs of characters', () => {
    expect(nearest(found, '葉子用什麼吸收陽光？', '葉綠素', 1)[0]!.text).toBe('葉子以葉綠素吸收陽光。');
  });
});

describe('soughtFor', () => {
  const question = (over: Partial<Question>) => soughtFor({ stem: 'Who?', ...over } as Question);
  it('fills the blank, else appends the key', () => {
    expect(question({ stem: '_____ is green.', key: 'Chlorophyll' })).toBe('Chlorophyll is green.');
    expect(question({ key: 'Melvin Calvin' })).toBe('Who? Melvin Calvin');
    expect(question({ key: true })).toBe('Who?');
    expect(question({ key: ['a', 'b'] })).toBe('Who? a b');
    expect(question({ pairs: [{ left: 'x', right: 'y' }] })).toBe('Who?  x y');
  });
});

describe('boxesOn', () => {
  const box = { page: 1, left: 0, top: 0, right: 50, bottom: 10 };
  const block = { start: 10, end: 20, boxes: [box] } as PageBlock;
  const page = { page: 1, width: 100, height: 100, blocks: [block] };
  const source = { document_id: 'd', document_name: 'a', page: 1, start: 12, end: 14, boxes: [] };

  it('falls back on the paragraph of a quote that came without boxes', () => {
    expect(boxesOn(page, source)).toEqual([box]);
    expect(boxesOn(page, { ...source, start: 20, end: 22 })).toEqual([]);
    expect(boxesOn(page, { ...source, boxes: [{ ...box, left: 5 }] })[0]!.left).toBe(5);
    expect(placeOnPage(boxesOn(page, source), page)).toHaveLength(1);
  });
});
