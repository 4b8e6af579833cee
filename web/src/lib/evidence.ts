// A teacher's own evidence: looked for in the material, cited where it stands.

import { getPage, searchCourse } from './api';
import { nearest, sentencesOf, type FoundSentence } from './sentences';
import type { Citation, Question } from './types';

/** The sentences of the material that come nearest. */
export async function findSentences(course: string, sought: string, question: Question): Promise<FoundSentence[]> {
  const hits = await searchCourse(course, sought);
  const key = typeof question.key === 'string' ? question.key : '';
  return nearest(hits.flatMap(sentencesOf), sought, key);
}

/** Sentences as citations, numbered from 1. Their boxes are left out: only the server knows where a word is drawn. */
export const cite = (sentences: FoundSentence[]): Promise<Citation[]> =>
  Promise.all(
    sentences.map(async ({ hit, text, shown, start, end }, i) => ({
      n: i + 1,
      document_id: hit.document_id,
      document_name: hit.document_name,
      page: await pageOf(hit, start),
      quote: text,
      start,
      end,
      boxes: [],
      ...(shown !== undefined && { shown }),
    })),
  );

/** The page on which a byte of a passage stands. */
async function pageOf({ document_id, pages }: FoundSentence['hit'], start: number): Promise<number> {
  for (const page of pages.slice(1).reverse()) {
    const { blocks } = await getPage(document_id, page);
    if (blocks.some((block) => block.start <= start && start < block.end)) return page;
  }
  return pages[0] ?? 1;
}
