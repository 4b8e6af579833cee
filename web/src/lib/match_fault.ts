// The server says in English what is wrong with a file or a question. Its sentences are the English catalogue's under
// `fault`, with blanks where it quotes: so they are recognised, and said in the page's language.

export interface MatchedFault {
  name: string;
  /** What the server put in the blanks. */
  values: Record<string, string>;
  /** The question it is about, where the sentence begins with its number. */
  question?: string;
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** A sentence of the catalogue as a pattern: each blank takes what stands there. */
function pattern(sentence: string): RegExp {
  const parts = sentence.split(/\{\{(\w+)\}\}/);
  return new RegExp(`^${parts.map((part, i) => (i % 2 ? `(?<${part}>.+?)` : escaped(part))).join('')}$`, 's');
}

/** The sentence of the catalogue that this is; null where it is none. */
export function matchFault(reason: string, sentences: Record<string, string>): MatchedFault | null {
  const [, question, said = ''] = /^(?:question (\d+): )?(.*?)\.?$/is.exec(reason) ?? [];
  for (const [name, sentence] of Object.entries(sentences)) {
    const found = pattern(sentence).exec(said);
    if (found) return { name, values: { ...found.groups }, ...(question && { question }) };
  }
  return null;
}
