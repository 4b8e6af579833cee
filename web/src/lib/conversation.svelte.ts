// The questions of this session, per course, and how each is being answered.

import { ask } from './api';
import { asApiError, isAbort } from './problem';
import type { AnswerMode, AnswerSentence, AskEvent, Citation, Failure, Passage, PastTurn } from './types';
import { withoutMarks } from './marks';

/** How many earlier turns a question is sent with. */
const HISTORY = 8;

export class Turn {
  state = $state<'searching' | 'writing' | 'done' | 'stopped' | 'failed'>('searching');
  text = $state('');
  sentences = $state<AnswerSentence[]>([]);
  citations = $state<Citation[]>([]);
  passages = $state<Passage[]>([]);
  refused = $state(false);
  seconds = $state(0);
  problem = $state<(Failure & { status?: number }) | null>(null);

  constructor(
    readonly id: number,
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
      this.state = 'done';
    }
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

  constructor(readonly course: string) {}

  get last(): Turn | undefined {
    return this.turns.at(-1);
  }

  get running(): boolean {
    return this.last?.running ?? false;
  }

  async ask(question: string): Promise<void> {
    if (this.running || question.trim() === '') return;
    const history = this.turns.filter((turn) => turn.state === 'done' && !turn.refused).slice(-HISTORY);
    const turn = new Turn(this.turns.length + 1, question.trim(), this.mode);
    this.turns.push(turn);
    this.#stop = new AbortController();
    try {
      const asked = { question: turn.question, mode: turn.mode, history: history.map((past) => past.asPast()) };
      for await (const event of ask(this.course, asked, this.#stop.signal)) turn.take(event);
    } catch (error) {
      turn.state = isAbort(error) ? 'stopped' : 'failed';
      if (!isAbort(error)) turn.problem = asApiError(error);
    }
  }

  stop(): void {
    this.#stop?.abort();
  }
}

const courses = new Map<string, Conversation>();

export function conversationOf(course: string): Conversation {
  const known = courses.get(course) ?? new Conversation(course);
  courses.set(course, known);
  return known;
}
