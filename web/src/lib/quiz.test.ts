import { describe, expect, it } from 'vitest';
import { keyText } from './key_text';
import { pageRanges, parsePages } from './page_ranges';
import { question } from './question_fixture';
import { bodyOf, extrasOf, linesOf, noExtras } from './question_form';
import { reorder } from './reorder';

describe('reorder', () => {
  it('moves one number and keeps the others in their order', () => {
    expect(reorder(5, 2, 4)).toEqual([1, 3, 4, 2, 5]);
    expect(reorder(5, 5, 1)).toEqual([5, 1, 2, 3, 4]);
    expect(reorder(3, 2, 2)).toEqual([1, 2, 3]);
  });

  it('always holds each number once', () => {
    for (let from = 1; from <= 6; from += 1)
      for (let to = 1; to <= 6; to += 1) {
        const order = reorder(6, from, to);
        expect(order.toSorted()).toEqual([1, 2, 3, 4, 5, 6]);
        expect(order[to - 1]).toBe(from);
      }
  });
});

describe('the form of a question', () => {
  it('gives a choice its marked option as key', () => {
    const form = { options: ['red', 'green'], place: 1, truth: false, key: '', accepted: '', pairs: [] };
    expect(bodyOf('multiple_choice', form)).toEqual({ options: ['red', 'green'], key: 'green' });
  });

  it('shows an order otherwise than it is right', () => {
    const form = { options: ['c', 'a', 'b'], place: -1, truth: false, key: '', accepted: '', pairs: [] };
    expect(bodyOf('ordering', form)).toEqual({ key: ['c', 'a', 'b'], options: ['a', 'b', 'c'] });
  });

  it('reads other right answers line by line, and tags by any comma', () => {
    expect(linesOf(' one \n\n two', /\n/)).toEqual(['one', 'two']);
    expect(linesOf('單元一、葉，leaves', /[,，、]/)).toEqual(['單元一', '葉', 'leaves']);
  });
});

describe('the extras of a new quiz', () => {
  it('are sent only where the teacher minds', () => {
    expect(extrasOf(noExtras())).toEqual({});
    expect(extrasOf({ level: 'recall', language: 'zh-Hant', seed: 0, reuse: true })).toEqual({
      level: 'recall',
      language: 'zh-Hant',
      seed: 0,
      reuse_items: true,
    });
  });
});

describe('keyText', () => {
  const words = { yes: 'True', no: 'False' };
  it('writes each kind of key in a line', () => {
    expect(keyText(question({ kind: 'true_false', key: false }), words)).toBe('False');
    expect(keyText(question({ kind: 'multiple_choice', options: ['a', 'b'], key: 'b' }), words)).toBe('B. b');
    expect(keyText(question({ kind: 'multiple_choice', options: ['a', 'b'], key: 'b' }), words, false)).toBe('b');
    expect(keyText(question({ kind: 'cloze', key: 'leaf', accepted: ['leaves'] }), words)).toBe('leaf; leaves');
    expect(keyText(question({ kind: 'ordering', key: ['a', 'b'] }), words)).toBe('a → b');
    expect(keyText(question({ kind: 'matching', pairs: [{ left: '1', right: 'x' }] }), words)).toBe('1 → x');
  });
});

describe('parsePages', () => {
  it.each([
    ['', []],
    ['3', [3]],
    ['1-3, 7', [1, 2, 3, 7]],
    ['7，1 – 2、2', [1, 2, 7]],
    ['4-2', null],
    ['0', null],
    ['one', null],
    ['1-999999999', null],
  ])('reads %j', (text, pages) => {
    expect(parsePages(text)).toEqual(pages);
  });
});

describe('pageRanges', () => {
  it('joins pages that follow each other', () => {
    expect(pageRanges([])).toBe('');
    expect(pageRanges([3])).toBe('3');
    expect(pageRanges([1, 2, 3, 7, 9, 10], '、')).toBe('1–3、7、9–10');
  });
});
