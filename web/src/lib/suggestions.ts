// Fetches what questions to begin with are made from.

import { t } from './locale.svelte';
import { getQuiz, listQuizzes } from './quiz_api';
import { headings, suggest } from './suggest';
import type { Row } from './upload_rows';

const MOST = 4;

/** Questions to begin with: from the newest quiz that is made, and from what the ready documents say of themselves. */
export async function suggestionsFor(course: string, rows: Row[], reader: string): Promise<string[]> {
  const ready = rows.filter((row) => row.phase === 'ready');
  const parts = ready.flatMap((row) => headings(row.outline ?? [], row.language ?? null));
  const quizzes = await listQuizzes(course).catch(() => []);
  const newest = quizzes.find((quiz) => quiz.status === 'ready' && quiz.proven_count > 0);
  const questions = newest ? (await getQuiz(newest.id).catch(() => null))?.questions : [];
  const chapters = ready.some(({ outline }) => (outline?.length ?? 0) > 2) ? [t('ask.chapters')] : [];
  return [...suggest(questions ?? [], parts, reader, MOST - chapters.length), ...chapters];
}
