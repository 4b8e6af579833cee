// From the fields of a question's form to what is sent.

import type { CognitiveLevel, Language, MatchPair, Question, QuestionKind, QuizWish } from './types';

export const KINDS: QuestionKind[] = ['multiple_choice', 'true_false', 'cloze', 'short_answer', 'ordering', 'matching'];

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

/** Tags as they are typed, each once. */
export const readTags = (text: string) => [...new Set(linesOf(text, /[,，、]/))];

/** What few quizzes are asked for; empty where the teacher does not mind. */
export interface QuizExtras {
  level: CognitiveLevel | '';
  language: Language | '';
  seed: number | null;
  /** Whether exam items of the material may be taken over. */
  reuse: boolean;
}

export const noExtras = (): QuizExtras => ({ level: '', language: '', seed: null, reuse: false });

/** Of the extras, what is sent. */
export const extrasOf = ({ level, language, seed, reuse }: QuizExtras): Partial<QuizWish> => ({
  ...(level && { level }),
  ...(language && { language }),
  ...(typeof seed === 'number' && { seed }),
  ...(reuse && { reuse_items: true }),
});
