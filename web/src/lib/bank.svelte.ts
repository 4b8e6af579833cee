// A course's question bank as it is shown: found, chosen from, tagged.

import { gather, keyOf, placeOf, type Banked } from './bank';
import { ApiError, asApiError } from './problem';
import { changeQuiz, getQuiz, listBank, makeQuizOf } from './quiz_api';
import type { BankFilter, BankQuestion, Failure } from './types';

/** What came of adding questions to a quiz. */
export interface Added {
  quiz: string;
  title: string;
  count: number;
  proven: number;
}

export class BankState {
  filter = $state.raw<BankFilter>({});
  /** Chosen, also where the filter has hidden it since. */
  chosen = $state.raw<Banked[]>([]);
  loaded = $state(false);
  busy = $state(false);
  problem = $state.raw<Failure | null>(null);
  added = $state.raw<Added | null>(null);
  #found = $state.raw<BankQuestion[]>([]);
  #next = $state<string | null>(null);
  /** Counts what is asked for: an answer to an earlier question comes too late. */
  #asked = 0;

  readonly items = $derived(gather(this.#found));
  readonly hasMore = $derived(this.#next !== null);

  constructor(readonly course: string) {}

  /** Looks for questions; without a filter, for those of before. */
  async find(filter = this.filter): Promise<void> {
    this.filter = filter;
    await this.#load(null);
  }

  more(): Promise<void> {
    return this.#load(this.#next);
  }

  has(item: Banked): boolean {
    return this.chosen.some(({ id }) => id === item.id);
  }

  choose(item: Banked, on: boolean): void {
    const others = this.chosen.filter(({ id }) => id !== item.id);
    this.chosen = on ? [...others, item] : others;
  }

  /** Adds what is chosen to a quiz, or makes one of it where only a title is given. */
  async add(to: { quiz: string } | { title: string }): Promise<boolean> {
    const questions = this.chosen.map(({ question }) => ({ ...question, locked: false }));
    return this.#work(async () => {
      const { id, title, changes } = await ('quiz' in to
        ? changeQuiz(to.quiz, { add: questions })
        : makeQuizOf(this.course, to.title, questions));
      const proven = changes.filter((change) => change.proven && change.fields.length > 0);
      this.added = { quiz: id, title, count: questions.length, proven: proven.length };
      this.chosen = [];
    });
  }

  /** Gives a question these tags, wherever it stands. */
  async tag(item: Banked, tags: string[]): Promise<boolean> {
    const wasChosen = this.has(item);
    const done = await this.#work(async () => {
      for (const { quiz_id, n } of item.places) {
        const place = placeOf((await getQuiz(quiz_id)).questions, item.question, n);
        if (place === null) throw new ApiError(409, 'quiz_changed', '');
        await changeQuiz(quiz_id, { edits: [{ n: place, tags }] });
      }
      this.choose(item, false);
    });
    const now = this.items.find((other) => keyOf(other) === keyOf(item));
    if (done && wasChosen && now) this.choose(now, true);
    return done;
  }

  async #work(work: () => Promise<void>): Promise<boolean> {
    this.busy = true;
    this.problem = null;
    this.added = null;
    try {
      await work();
      await this.find();
      return this.problem === null;
    } catch (error) {
      this.problem = asApiError(error);
      return false;
    } finally {
      this.busy = false;
    }
  }

  async #load(cursor: string | null): Promise<void> {
    const asked = (this.#asked += 1);
    try {
      const page = await listBank(this.course, this.filter, cursor);
      if (asked !== this.#asked) return;
      this.#found = cursor ? [...this.#found, ...page.questions] : page.questions;
      this.#next = page.next_cursor ?? null;
      this.problem = null;
      this.loaded = true;
    } catch (error) {
      if (asked === this.#asked) this.problem = asApiError(error);
    }
  }
}
