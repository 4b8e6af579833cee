// What a change to a quiz came to, in the terms a teacher is told.

import type { Check, QuestionChange } from './types';

/** `kept`: nothing that is asked was changed, so nothing had to be proven. */
export type Outcome = 'kept' | 'stillProven' | 'nowProven' | 'noLongerProven' | 'stillNotProven';

/** A change of these has the question proven again. */
const ASKED = ['stem', 'kind', 'options', 'key', 'accepted', 'pairs', 'language', 'evidence', 'new'];
/** What is seen anyway: the place, and the mark of a lock. */
const SEEN = ['n', 'locked'];

export function outcomeOf({ fields, checks, proven, proven_before: before }: QuestionChange): Outcome {
  if (checks.length === 0 && proven === before && !fields.some((field) => ASKED.includes(field))) return 'kept';
  if (proven) return before ? 'stillProven' : 'nowProven';
  return before ? 'noLongerProven' : 'stillNotProven';
}

/** The fields to name. */
export const fieldsOf = (change: QuestionChange) => change.fields.filter((field) => !SEEN.includes(field));

/** Without what only moved or was locked. */
export const worthTelling = (changes: QuestionChange[]) =>
  changes.filter((change) => fieldsOf(change).length > 0 || change.checks.length > 0);

/**
 * The checks to name, what failed first. A first proof lists all of them: then what failed is enough. `well_formed` tells
 * one, since a question that does not hold together is not kept.
 */
export function checksOf({ checks, proven }: QuestionChange): Check[] {
  const failed = checks.filter((check) => !check.passed);
  const isFirst = checks.some((check) => check.name === 'well_formed');
  return proven || isFirst ? failed : [...failed, ...checks.filter((check) => check.passed)];
}
