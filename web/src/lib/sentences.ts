// From passages that were found to the sentences a teacher can pick as evidence, each with its exact place.

import { byteLength } from './bytes';
import { parseTable } from './parse_table';
import type { ByteRange, Question, SearchHit } from './types';

export interface FoundSentence extends ByteRange {
  hit: SearchHit;
  /** Verbatim. */
  text: string;
  /** What to show in its place where it is a row of a table. */
  shown?: string;
}

/** A piece of a text by its string indices. */
interface Piece {
  from: number;
  text: string;
  shown?: string;
}

/** The sentences of a passage, and the rows of a table, without the blanks around them. */
export function sentencesOf(hit: SearchHit): FoundSentence[] {
  const pieces = parseTable(hit.text) ? rows(hit.text) : prose(hit.text);
  return pieces.map(({ from, text, shown }) => {
    const start = hit.start + byteLength(hit.text.slice(0, from));
    return { hit, text, start, end: start + byteLength(text), ...(shown !== undefined && { shown }) };
  });
}

function prose(text: string): Piece[] {
  // A line may end within a sentence, a paragraph may not.
  const lines = text.replace(/(?<!\n)\n(?!\n)/g, ' ');
  return Array.from(new Intl.Segmenter(undefined, { granularity: 'sentence' }).segment(lines)).flatMap((part) => {
    const [from, to] = [part.index + /^\s*/.exec(part.segment)![0].length, part.index + part.segment.trimEnd().length];
    return to > from ? [{ from, text: text.slice(from, to) }] : [];
  });
}

function rows(table: string): Piece[] {
  const [head = [], ...body] = parseTable(table)!;
  const lines = Array.from(table.matchAll(/[^\n]+/g)).slice(2);
  return lines.map((line, i) => ({
    from: line.index,
    text: line[0],
    shown: (body[i] ?? []).map((cell, column) => `${head[column]}: ${cell}`).join('; '),
  }));
}

/** Words in lower case; of Chinese, each pair of neighbours. */
function terms(text: string): Set<string> {
  const words = text.toLowerCase().match(/\p{Script=Han}+|[\p{L}\p{N}]+/gu) ?? [];
  const pairs = (word: string) => Array.from(word.slice(1), (_, i) => word.slice(i, i + 2));
  return new Set(words.flatMap((word) => (/\p{Script=Han}/u.test(word) && word.length > 2 ? pairs(word) : [word])));
}

/** Those that share most with what is sought, at most `count`; those that hold the key come first. */
export function nearest(found: FoundSentence[], sought: string, key: string, count = 8): FoundSentence[] {
  const wanted = terms(sought);
  const score = ({ text }: FoundSentence) => {
    const shared = Array.from(terms(text)).filter((term) => wanted.has(term)).length;
    const holdsKey = key !== '' && text.toLowerCase().includes(key.toLowerCase());
    return shared / Math.sqrt(1 + text.length) + (holdsKey ? 1 : 0);
  };
  const scored = found.map((sentence) => ({ sentence, score: score(sentence) })).filter((item) => item.score > 0);
  return scored
    .toSorted((a, b) => b.score - a.score)
    .slice(0, count)
    .map((item) => item.sentence);
}

/** What to look for first: the question with its key in the blank. */
export function soughtFor({ stem, key, pairs = [] }: Question): string {
  const words = typeof key === 'string' ? key : Array.isArray(key) ? key.join(' ') : '';
  const filled = /_{3,}/.test(stem) ? stem.replace(/_{3,}/, words) : `${stem} ${words}`;
  return [filled, ...pairs.map((pair) => `${pair.left} ${pair.right}`)].join(' ').trim().slice(0, 500);
}
