// The server counts in bytes of UTF-8, JavaScript in UTF-16 code units. Only this file converts.

import type { ByteRange } from './types';

/** How many bytes a code point takes in UTF-8. */
function bytesOf(codePoint: number): number {
  if (codePoint < 0x80) return 1;
  if (codePoint < 0x800) return 2;
  return codePoint < 0x10000 ? 3 : 4;
}

/** The string index of a byte offset; inside a character, the character's beginning; past the end, the length. */
export function stringIndex(text: string, byteOffset: number): number {
  let index = 0;
  let bytes = 0;
  for (const character of text) {
    bytes += bytesOf(character.codePointAt(0)!);
    if (bytes > byteOffset) break;
    index += character.length;
  }
  return index;
}

/** A text cut in three by a range; `marked` is empty where the range does not touch it. */
export interface Cut {
  before: string;
  marked: string;
  after: string;
}

/** Cuts the text of a block that stands at `block` in its document by a range of that document. */
export function cutByRange(text: string, block: ByteRange, range: ByteRange): Cut {
  if (range.end <= block.start || range.start >= block.end) return { before: text, marked: '', after: '' };
  const from = stringIndex(text, Math.max(0, range.start - block.start));
  const to = stringIndex(text, range.end - block.start);
  return { before: text.slice(0, from), marked: text.slice(from, to), after: text.slice(to) };
}

/** How many bytes a text takes. */
export const byteLength = (text: string) => Array.from(text).reduce((sum, c) => sum + bytesOf(c.codePointAt(0)!), 0);
