// Citation marks in text as it streams in: `… in 1912 [1].`

export type Piece = { text: string } | { mark: number };

/** Splits at the marks whose citations are known; other brackets stay text. */
export function splitMarks(text: string, known: (n: number) => boolean): Piece[] {
  return text
    .split(/(\[\d+\])/)
    .filter((part) => part !== '')
    .map((part) => {
      const n = /^\[\d+\]$/.test(part) ? Number(part.slice(1, -1)) : NaN;
      return known(n) ? { mark: n } : { text: part };
    });
}

/** The text without the marks of known citations and the blanks before them. */
export function withoutMarks(text: string, known: (n: number) => boolean): string {
  return text.replace(/\s*\[(\d+)\]/g, (whole, n) => (known(Number(n)) ? '' : whole));
}

/** Whether a blank belongs between two sentences: not after Chinese punctuation. */
export const needsSpace = (sentence: string) => !/[。！？；：」』”）…]\s*$/u.test(sentence);

/** A text in two: all but its last character, and that. */
export function beforeLast(text: string): [string, string] {
  const last = Array.from(text.slice(-2)).at(-1) ?? '';
  return [text.slice(0, text.length - last.length), last];
}

/** What stands between a sentence and the next: the items of a list have lines of their own. */
export const gapBetween = (sentence: string, next = '') =>
  next.startsWith('– ') ? '\n' : needsSpace(sentence) ? ' ' : '';

/** Whether an answer holds a quote word for word, whatever its marks and blanks. */
export function holdsQuote(answer: string, quote: string): boolean {
  const bare = (text: string) => text.replace(/\s+/g, '');
  return bare(withoutMarks(answer, () => true)).includes(bare(quote));
}
