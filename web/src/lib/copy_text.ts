// An answer as plain text with its sources, for pasting elsewhere.

import { withoutMarks } from './marks';
import type { AnswerSentence, Citation } from './types';

export interface Cited {
  text: string;
  sentences: AnswerSentence[];
  citations: Citation[];
}

/** The answer with its marks, then each source: `[1] “quote” (name, page 3)`. */
export function asText(answer: Cited, place: (citation: Citation) => string): string {
  const marks = (sentence: AnswerSentence) => sentence.citations.map((n) => `[${n}]`).join('');
  const plain = (text: string) => withoutMarks(text, () => true).trim();
  const body =
    answer.sentences.length > 0
      ? answer.sentences.map((sentence) => `${plain(sentence.text)} ${marks(sentence)}`.trim()).join('\n')
      : answer.text.trim();
  const sources = answer.citations.map((c) => `[${c.n}] “${(c.shown ?? c.quote).trim()}” (${place(c)})`);
  return [body, sources.join('\n')].filter(Boolean).join('\n\n');
}
