// The questions of a course, and how each is being answered. What is finished is kept in this browser.

import { ask, rateAnswer } from './api';
import { keepTalk, readTalk, type KeptTurn } from './history';
import { asApiError, isAbort } from './problem';
import type { AnswerMode, AnswerSentence, AskEvent, Citation, Failure, Passage, PastTurn } from './types';
import { withoutMarks } from './marks';

/** How many earlier turns a question is sent with. */
const HISTORY = 8;
let turns = 0;

export class Turn {
  state = $state<'searching' | 'writing' | 'done' | 'stopped' | 'failed'>('searching');
  text = $state('');
  sentences = $state<AnswerSentence[]>([]);
  citations = $state<Citation[]>([]);
  passages = $state<Passage[]>([]);
  refused = $state(false);
  seconds = $state(0);
  problem = $state<(Failure & { status?: number }) | null>(null);
  helpful = $state<boolean | null>(null);
  answerId: string | null = null;

  /** Unlike that of any other turn of this page. */
  readonly id = (turns += 1);

  constructor(
    readonly question: string,
    readonly mode: AnswerMode,
  ) {}

  get running(): boolean {
    return this.state === 'searching' || this.state === 'writing';
  }

  citation(n: number): Citation | undefined {
    return this.citations.find((citation) => citation.n === n);
  }

  take({ event, data }: AskEvent): void {
    if (event === 'passages') this.passages = data.passages;
    if (event === 'citation' && !this.citation(data.n)) this.citations.push(data);
    if (event === 'token') {
      this.state = 'writing';
      this.text += data.text;
    }
    if (event === 'done') {
      this.text = data.answer;
      this.sentences = data.sentences;
      this.citations = data.citations;
      this.refused = data.refused;
      this.seconds = (data.timings?.total_ms ?? 0) / 1000;
      this.answerId = data.id ?? null;
      this.state = 'done';
    }
  }

  /** A turn as it was kept. */
  static from(kept: KeptTurn): Turn {
    const turn = new Turn(kept.question, kept.mode);
    const { text, sentences, citations, refused, seconds, answerId, helpful } = kept;
    Object.assign(turn, { text, sentences, citations, refused, seconds, answerId, helpful, state: 'done' });
    return turn;
  }

  toKeep(): KeptTurn {
    const { question, mode, text, refused, seconds, answerId, helpful } = this;
    const [sentences, citations] = [$state.snapshot(this.sentences), $state.snapshot(this.citations)];
    return { question, mode, text, sentences, citations, refused, seconds, answerId, helpful };
  }

  asPast(): PastTurn {
    return { question: this.question, answer: withoutMarks(this.text, (n) => this.citation(n) !== undefined) };
  }
}

export class Conversation {
  turns = $state<Turn[]>([]);
  mode = $state<AnswerMode>('answer');
  draft = $state('');
  #stop: AbortController | null = null;

  constructor(readonly course: string) {
    this.turns = readTalk(localStorage, course).map((kept) => Turn.from(kept));
  }

  get last(): Turn | undefined {
    return this.turns.at(-1);
  }

  get running(): boolean {
    return this.last?.running ?? false;
  }

  async ask(question: string): Promise<void> {
    if (this.running || question.trim() === '') return;
    const history = this.turns.filter((turn) => turn.state === 'done' && !turn.refused).slice(-HISTORY);
    const turn = new Turn(question.trim(), this.mode);
    this.turns.push(turn);
    this.#stop = new AbortController();
    try {
      const asked = { question: turn.question, mode: turn.mode, history: history.map((past) => past.asPast()) };
      for await (const event of ask(this.course, asked, this.#stop.signal)) turn.take(event);
      this.#keep();
    } catch (error) {
      turn.state = isAbort(error) ? 'stopped' : 'failed';
      if (!isAbort(error)) turn.problem = asApiError(error);
    }
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
      this.#keep();
    } catch (error) {
      turn.helpful = before;
      throw error;
    }
  }

  /** Begins anew. Returns what brings the turns back. */
  clear(): () => void {
    const before = this.turns;
    this.turns = [];
    this.#keep();
    return () => {
      this.turns = [...before, ...this.turns];
      this.#keep();
    };
  }

  #keep(): void {
    const done = this.turns.filter((turn) => turn.state === 'done');
    keepTalk(
      localStorage,
      this.course,
      done.map((turn) => turn.toKeep()),
    );
  }
}

const courses = new Map<string, Conversation>();

export function conversationOf(course: string): Conversation {
  const known = courses.get(course) ?? new Conversation(course);
  courses.set(course, known);
  return known;
}
