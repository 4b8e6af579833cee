// A conversation: its turns, and where they are kept. The server keeps it for all who may see the course, or this browser
// for nobody else.

import { ask, rateAnswer, type Question } from './api';
import { beginConversation, getConversation } from './conversation_api';
import { keepTalk, readTalk } from './history';
import { asApiError, isAbort } from './problem';
import { Turn } from './turn.svelte';
import type { AnswerMode, Failure } from './types';

/** How many earlier turns a question is sent with, where the server does not know them. */
const HISTORY = 8;

export class Conversation {
  turns = $state<Turn[]>([]);
  mode = $state<AnswerMode>('answer');
  draft = $state('');
  /** Its name on the server; null before its first question, and for the browser's own. */
  id = $state<string | null>(null);
  /** Whether this browser keeps it, and nobody else sees it. */
  local = $state(false);
  title = $state<string | null>(null);
  /** Its turns are being fetched for the first time. */
  loading = $state(false);
  problem = $state.raw<(Failure & { status?: number }) | null>(null);
  #stop: AbortController | null = null;

  constructor(
    readonly course: string,
    kept: { id?: string; local?: boolean } = {},
  ) {
    this.id = kept.id ?? null;
    this.loading = this.id !== null;
    this.local = kept.local ?? false;
    if (this.local) this.turns = readTalk(localStorage, course).map((turn) => Turn.from(turn));
  }

  get last(): Turn | undefined {
    return this.turns.at(-1);
  }

  get running(): boolean {
    return this.last?.running ?? false;
  }

  /** Whether anything was asked in it. */
  get begun(): boolean {
    return this.id !== null || this.turns.length > 0;
  }

  /** Brings the turns up to what the server knows: another tab may have asked as well. */
  async load(): Promise<void> {
    const id = this.id;
    if (id === null || this.running) return;
    try {
      const { title, turns } = await getConversation(id, this.course);
      if (this.running) return;
      const known = new Map(this.turns.filter((turn) => turn.n !== null).map((turn) => [turn.n, turn]));
      const lost = this.turns.filter((turn) => turn.n === null);
      this.turns = [...turns.map((turn) => known.get(turn.n) ?? Turn.of(turn)), ...lost];
      this.title = title;
      this.problem = null;
    } catch (error) {
      this.problem = asApiError(error);
      // One that is gone can't be asked in: the next question begins another.
      if (this.problem.status === 404) this.id = null;
    } finally {
      this.loading = false;
    }
  }

  async ask(question: string): Promise<void> {
    if (this.running || question.trim() === '') return;
    const before = this.turns.filter((turn) => turn.state === 'done');
    const turn = new Turn(question.trim(), this.mode);
    this.turns.push(turn);
    this.problem = null;
    this.#stop = new AbortController();
    try {
      const asked = { question: turn.question, mode: turn.mode, explain: true, ...(await this.#place(before)) };
      for await (const event of ask(this.course, asked, this.#stop.signal)) turn.take(event);
    } catch (error) {
      turn.state = isAbort(error) ? 'stopped' : 'failed';
      if (!isAbort(error)) turn.problem = asApiError(error);
      return;
    }
    this.keep();
    // A number was left out: another tab asked meanwhile.
    if (turn.n !== null && turn.n !== (before.findLast(({ n }) => n !== null)?.n ?? 0) + 1) await this.load();
  }

  /** Where a question belongs: a conversation of the server's, begun where there is none yet, else these turns. */
  async #place(before: Turn[]): Promise<Pick<Question, 'history' | 'conversation_id'>> {
    if (!this.local) {
      try {
        return { conversation_id: (this.id ??= await beginConversation(this.course)) };
      } catch (error) {
        if (asApiError(error).code !== 'conversations_not_kept') throw error;
        this.local = true;
        this.turns.unshift(...readTalk(localStorage, this.course).map((turn) => Turn.from(turn)));
      }
    }
    const answered = before.filter((turn) => !turn.refused).slice(-HISTORY);
    return { history: answered.map((past) => past.asPast()) };
  }

  stop(): void {
    this.#stop?.abort();
  }

  /** Asks a turn's question once more, in its mode; a last turn without an answer gives way. */
  async again(turn: Turn): Promise<void> {
    if (this.running) return;
    if (turn === this.last && turn.state !== 'done') this.turns.pop();
    this.mode = turn.mode;
    await this.ask(turn.question);
  }

  /** Notes whether an answer helped; the same again takes it back. Throws `ApiError`. */
  async rate(turn: Turn, helpful: boolean): Promise<void> {
    if (!turn.answerId) return;
    const before = turn.helpful;
    turn.helpful = before === helpful ? null : helpful;
    try {
      await rateAnswer(turn.answerId, turn.helpful);
      this.keep();
    } catch (error) {
      turn.helpful = before;
      throw error;
    }
  }

  /** Keeps the turns in this browser, where it is their only place. */
  keep(): void {
    if (!this.local) return;
    const done = this.turns.filter((turn) => turn.state === 'done');
    keepTalk(
      localStorage,
      this.course,
      done.map((turn) => turn.toKeep()),
    );
  }
}
