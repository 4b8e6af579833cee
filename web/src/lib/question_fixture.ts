// For tests: a question, whatever of it matters.

import type { Question } from './types';

/** A multiple-choice question, with these fields in its place. */
export const question = (over: Partial<Question> = {}): Question => ({
  kind: 'multiple_choice',
  stem: 'Which pigment?',
  options: ['chlorophyll', 'carotene'],
  key: 'chlorophyll',
  explanation: '',
  feedback: '',
  evidence: [],
  difficulty: 'easy',
  level: 'recall',
  language: 'en',
  points: 1,
  tags: [],
  locked: false,
  reused: false,
  proof: { proven: false, checks: [] },
  ...over,
});
