// One quiz as it is shown: watched while it is made, changed by its teacher.

import { placeOf } from './bank';
import { ApiError, asApiError } from './problem';
import { cancelJob, changeQuiz, getQuiz, remakeQuestion, type ChangedQuiz, type QuizChange } from './quiz_api';
import { reorder } from './reorder';
import type { Citation, Failure, QuestionChange, Quiz } from './types';
import { undo } from './undo.svelte';

const WATCH_MS = 700;

export class QuizState {
  quiz = $state.raw<Quiz | null>(null);
  problem = $state.raw<Failure | null>(null);
  /** What came of the last change. */
  changes = $state.raw<QuestionChange[]>([]);
  /** The number of the question that is being worked on; 0 for the whole quiz. */
  busy = $state<number | null>(null);
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly id: string) {}

  /** Loads the quiz, and again and again while it is being made. */
  async load(): Promise<void> {
    clearTimeout(this.#timer);
    try {
      this.quiz = await getQuiz(this.id);
      this.problem = null;
    } catch (error) {
      this.problem = asApiError(error);
    }
    if (this.quiz?.status === 'making') this.#timer = setTimeout(() => void this.load(), WATCH_MS);
  }

  leave(): void {
    clearTimeout(this.#timer);
  }

  async cancel(): Promise<void> {
    if (this.quiz?.job_id) await this.#work(0, () => cancelJob(this.quiz!.job_id!).then(() => getQuiz(this.id)));
  }

  /** Returns whether it was accepted. */
  change(n: number, change: QuizChange): Promise<boolean> {
    return this.#work(n, () => changeQuiz(this.id, change));
  }

  remake(n: number, option?: number): Promise<boolean> {
    return this.#work(n, () => remakeQuestion(this.id, n, option));
  }

  /** Puts these quotes under a question; it is proven against them. */
  attach(n: number, evidence: Citation[]): Promise<boolean> {
    return this.#work(n, async () => {
      // All questions are sent, so those of now: another tab may have changed them.
      const { questions } = await getQuiz(this.id);
      const place = placeOf(questions, this.quiz!.questions[n - 1]!, n);
      if (place === null) throw new ApiError(409, 'quiz_changed', '');
      return changeQuiz(this.id, { questions: questions.with(place - 1, { ...questions[place - 1]!, evidence }) });
    });
  }

  /** Moves a question to another place; both from 1. */
  move(from: number, to: number): Promise<boolean> {
    return this.change(to, { order: reorder(this.quiz!.questions.length, from, to) });
  }

  /** Removes a question and offers to undo it. */
  async remove(n: number): Promise<boolean> {
    const before = this.quiz!.questions;
    const removed = await this.change(n, { edits: [{ n, remove: true }] });
    const back = () => void this.change(0, { questions: before });
    if (removed) undo.offer({ name: before[n - 1]!.stem, back });
    return removed;
  }

  async #work(n: number, work: () => Promise<Quiz | ChangedQuiz>): Promise<boolean> {
    this.busy = n;
    this.changes = [];
    try {
      const quiz = await work();
      this.quiz = quiz;
      this.changes = 'changes' in quiz ? quiz.changes : [];
      this.problem = null;
      return true;
    } catch (error) {
      this.problem = asApiError(error);
      return false;
    } finally {
      this.busy = null;
    }
  }
}
