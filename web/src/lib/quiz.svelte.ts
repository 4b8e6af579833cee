// One quiz as it is shown: watched while it is made, changed by its teacher.

import { asApiError } from './problem';
import { cancelJob, changeQuiz, getQuiz, remakeQuestion, type QuizChange } from './quiz_api';
import type { Failure, Quiz } from './types';

const WATCH_MS = 700;

export class QuizState {
  quiz = $state.raw<Quiz | null>(null);
  problem = $state.raw<Failure | null>(null);
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

  /** Moves a question by one place. */
  move(n: number, by: -1 | 1): Promise<boolean> {
    const order = this.quiz!.questions.map((_, i) => i + 1);
    order.splice(n - 1 + by, 0, ...order.splice(n - 1, 1));
    return this.change(n, { order });
  }

  async #work(n: number, work: () => Promise<Quiz>): Promise<boolean> {
    this.busy = n;
    try {
      this.quiz = await work();
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
