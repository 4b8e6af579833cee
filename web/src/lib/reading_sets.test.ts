import { expect, test } from 'vitest';
import { passageBefore } from './reading_sets';
import type { Citation, Question } from './types';

const question = (passage?: number) => ({ stem: 'Why?', passage }) as Question;
const passage = (n: number) => ({ n, quote: `Text ${n}.` }) as Citation;

test('a passage stands before the first question of each run on it', () => {
  const questions = [question(1), question(1), question(2), question(), question(2), question(7)];
  const quiz = { questions, passages: [passage(1), passage(2)] };
  const shown = questions.map((_, at) => passageBefore(quiz, at)?.n);
  expect(shown).toEqual([1, undefined, 2, undefined, 2, undefined]);
});
