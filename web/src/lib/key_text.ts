import type { Question } from './types';

const letter = (i: number) => String.fromCharCode(65 + i);

/** A question's key in a line: a choice (with its letter on paper), an order, pairs, or the word with what else is right. */
export function keyText(question: Question, words: { yes: string; no: string }, lettered = true): string {
  const { key, options = [], pairs, accepted = [] } = question;
  if (typeof key === 'boolean') return key ? words.yes : words.no;
  if (pairs) return pairs.map((pair) => `${pair.left} → ${pair.right}`).join('; ');
  if (Array.isArray(key)) return key.join(' → ');
  const at = lettered && question.kind === 'multiple_choice' ? options.indexOf(key ?? '') : -1;
  return at >= 0 ? `${letter(at)}. ${key}` : [key ?? '', ...accepted].filter(Boolean).join('; ');
}
