// What a teacher does next with a course.

import type { QuizSummary } from './types';
import { isOpen, type Row } from './upload_rows';

export type NextStep = 'add' | 'failed' | 'reading' | 'ask' | 'watch' | 'quiz' | 'hand_out';

/** `asked`: whether anything was asked there. */
export function nextStep(rows: Row[], quizzes: Pick<QuizSummary, 'status'>[], asked: boolean): NextStep {
  if (rows.length === 0) return 'add';
  if (rows.some((row) => row.phase === 'failed')) return 'failed';
  if (!rows.some((row) => row.phase === 'ready')) return rows.some(isOpen) ? 'reading' : 'add';
  if (!asked) return 'ask';
  if (quizzes.some((quiz) => quiz.status === 'making')) return 'watch';
  return quizzes.some((quiz) => quiz.status === 'ready') ? 'hand_out' : 'quiz';
}
