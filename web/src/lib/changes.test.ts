import { describe, expect, it } from 'vitest';
import { checksOf, fieldsOf, outcomeOf, worthTelling } from './changes';
import type { QuestionChange } from './types';

const check = (passed: boolean) => ({ name: 'key_supported', passed, found: '' });
const change = (over: Partial<QuestionChange>): QuestionChange => ({
  n: 1,
  was: 1,
  fields: ['stem'],
  proven_before: true,
  proven: true,
  checks: [],
  ...over,
});

describe('outcomeOf', () => {
  it.each([
    ['kept', { fields: ['tags', 'points'] }],
    ['stillProven', {}],
    ['stillProven', { fields: ['tags', 'key'] }],
    ['noLongerProven', { proven: false, checks: [check(false)] }],
    ['nowProven', { fields: ['evidence'], proven_before: false, checks: [check(true)] }],
    ['stillNotProven', { proven_before: false, proven: false }],
    ['nowProven', { was: null, fields: ['new'], proven_before: false }],
  ] as const)('is %s for %j', (outcome, over) => {
    expect(outcomeOf(change(over as Partial<QuestionChange>))).toBe(outcome);
  });
});

describe('worthTelling', () => {
  it('leaves out what only moved or was locked', () => {
    const moved = [
      change({ fields: ['n'] }),
      change({ n: 2, fields: ['locked'] }),
      change({ n: 3, fields: ['n', 'tags'] }),
    ];
    expect(worthTelling(moved).map(({ n }) => n)).toEqual([3]);
    expect(fieldsOf(moved[2]!)).toEqual(['tags']);
    expect(worthTelling([change({ fields: [], checks: [check(false)] })])).toHaveLength(1);
  });
});

describe('checksOf', () => {
  const [bad, good] = [check(false), { ...check(true), name: 'language' }];
  it('names what failed, and what passes now while others still fail', () => {
    expect(checksOf(change({ proven: false, checks: [good, bad] }))).toEqual([bad, good]);
    expect(checksOf(change({ checks: [good] }))).toEqual([]);
  });

  it('names only what failed of a first proof', () => {
    const first = [{ ...good, name: 'well_formed' }, good, bad];
    expect(checksOf(change({ proven_before: false, proven: false, checks: first }))).toEqual([bad]);
  });
});
