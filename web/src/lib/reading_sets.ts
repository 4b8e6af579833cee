import type { Citation, Quiz } from './types';

/** The passage that is shown before the question at this place: that of a question whose predecessor has another or none. */
export function passageBefore({ questions, passages }: Pick<Quiz, 'questions' | 'passages'>, at: number) {
  const passage = questions[at]?.passage;
  if (!passage || questions[at - 1]?.passage === passage) return undefined;
  return passages.find(({ n }: Citation) => n === passage);
}
