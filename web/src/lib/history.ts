// The conversation of a course that only this browser keeps: it stays after a reload and is seen by nobody else.

import type { AnswerMode, AnswerSentence, Citation } from './types';

/** A finished turn. */
export interface KeptTurn {
  question: string;
  mode: AnswerMode;
  text: string;
  sentences: AnswerSentence[];
  citations: Citation[];
  refused: boolean;
  unsure?: boolean;
  seconds: number;
  /** Under which the server kept it, for rating. */
  answerId: string | null;
  helpful: boolean | null;
}

/** Turns kept per course, the newest. */
export const MOST_TURNS = 30;
const key = (course: string) => `lectern-talk-${course}`;

const isTurn = (value: unknown): value is KeptTurn => {
  const turn = value as Partial<KeptTurn> | null;
  return (
    typeof turn?.question === 'string' &&
    typeof turn.text === 'string' &&
    Array.isArray(turn.sentences) &&
    Array.isArray(turn.citations)
  );
};

/** The turns of a course; what another version of the page left there is dropped. */
export function readTalk(storage: Pick<Storage, 'getItem'>, course: string): KeptTurn[] {
  try {
    const turns: unknown = JSON.parse(storage.getItem(key(course)) ?? '[]');
    return Array.isArray(turns) ? turns.filter(isTurn).slice(-MOST_TURNS) : [];
  } catch {
    return [];
  }
}

/** Keeps the newest turns. Where the storage is full, other courses' talks make room. */
export function keepTalk(storage: Storage, course: string, turns: KeptTurn[]): void {
  if (turns.length === 0) return storage.removeItem(key(course));
  const text = JSON.stringify(turns.slice(-MOST_TURNS));
  try {
    storage.setItem(key(course), text);
  } catch {
    forgetOthers(storage, course);
    try {
      storage.setItem(key(course), text);
    } catch {
      // Without storage the talk lasts as long as the page.
    }
  }
}

function forgetOthers(storage: Storage, course: string): void {
  const keys = Array.from({ length: storage.length }, (_, i) => storage.key(i));
  for (const name of keys) if (name?.startsWith(key('')) && name !== key(course)) storage.removeItem(name);
}
