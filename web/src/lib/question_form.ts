// From the fields of a question's form to what is sent.

import type { MatchPair, Question, QuestionKind } from './types';

export interface FormFields {
  /** Options, or items in their right order. */
  options: string[];
  /** The place of the right option, from 0. */
  place: number;
  truth: boolean;
  key: string;
  /** Other right answers, one per line. */
  accepted: string;
  pairs: MatchPair[];
}

/** The parts of a text, trimmed, empty ones left out. */
export const linesOf = (text: string, by: RegExp) =>
  text
    .split(by)
    .map((part) => part.trim())
    .filter(Boolean);

/** What depends on the kind. */
export function bodyOf(kind: QuestionKind, fields: FormFields): Partial<Question> {
  const { options, place, truth, key, accepted, pairs } = fields;
  switch (kind) {
    case 'multiple_choice':
      return { options, key: options[place] ?? '' };
    case 'true_false':
      return { key: truth };
    case 'ordering':
      return { key: options, options: options.toSorted() };
    case 'matching':
      return { pairs };
    default:
      return { key, accepted: linesOf(accepted, /\n/) };
  }
}
