import { describe, expect, it } from 'vitest';
import { cutByRange, stringIndex } from './bytes';

const byteLength = (text: string) => new TextEncoder().encode(text).length;

describe('stringIndex', () => {
  const text = 'aé光🌿z';

  it('agrees with the encoder at every character', () => {
    for (let index = 0, rest = [...text]; ; index += rest.shift()!.length) {
      expect(stringIndex(text, byteLength(text.slice(0, index)))).toBe(index);
      if (rest.length === 0) break;
    }
  });

  it('goes back to the beginning of a character and never past the end', () => {
    expect(stringIndex(text, 2)).toBe(1);
    expect(stringIndex(text, 8)).toBe(3);
    expect(stringIndex(text, 99)).toBe(text.length);
  });
});

describe('cutByRange', () => {
  const text = '葉綠體 absorbs light.';
  const block = { start: 100, end: 100 + byteLength(text) };

  it('marks the quote in the middle of a block', () => {
    const start = block.start + byteLength('葉綠體 ');
    const cut = cutByRange(text, block, { start, end: start + 7 });
    expect(cut).toEqual({ before: '葉綠體 ', marked: 'absorbs', after: ' light.' });
  });

  it('marks only its share of a quote that goes over several blocks', () => {
    expect(cutByRange(text, block, { start: 10, end: block.start + 9 }).marked).toBe('葉綠體');
    expect(cutByRange(text, block, { start: block.end - 6, end: 999 }).marked).toBe('light.');
  });

  it('marks nothing where the two do not meet', () => {
    expect(cutByRange(text, block, { start: 0, end: 100 }).marked).toBe('');
    expect(cutByRange(text, block, { start: block.end, end: 999 }).marked).toBe('');
  });
});
