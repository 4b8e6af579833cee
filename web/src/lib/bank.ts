// The question bank: a course's questions, each once, with the places where it stands.

import type { BankQuestion, Question } from './types';

/** Where a question stands. */
export interface Place {
  quiz_id: string;
  quiz_title: string;
  /** Its number there, from 1. */
  n: number;
}

export interface Banked {
  id: string;
  question: Question;
  places: Place[];
}

/** What makes two questions the same question. */
const body = ({ kind, stem, options, key, accepted, pairs }: Question) =>
  JSON.stringify([kind, stem, options, key, accepted, pairs]);

/** Puts copies of a question together; where one of them is proven, that one stands for all. */
export function gather(found: BankQuestion[]): Banked[] {
  const banked = new Map<string, Banked>();
  for (const { quiz_id, quiz_title, n, ...question } of found) {
    const id = JSON.stringify([body(question), question.tags]);
    const known = banked.get(id);
    const place = { quiz_id, quiz_title, n };
    if (!known) banked.set(id, { id, question, places: [place] });
    else {
      known.places.push(place);
      if (question.proof.proven && !known.question.proof.proven) known.question = question;
    }
  }
  return [...banked.values()];
}

/** Stays the same while its tags change. */
export const keyOf = ({ places: [first] }: Banked) => `${first?.quiz_id} ${first?.n}`;

/** The number that a question has now: where it was, else where else it stands; null where it is gone. */
export function placeOf(questions: Question[], wanted: Question, n: number): number | null {
  const same = (question?: Question) => question !== undefined && body(question) === body(wanted);
  if (same(questions[n - 1])) return n;
  return questions.findIndex(same) + 1 || null;
}

/** Every tag, once, in order. */
export const tagsOf = (banked: Banked[], tag: string) =>
  [...new Set(banked.flatMap(({ question }) => question.tags))].toSorted(new Intl.Collator(tag).compare);
