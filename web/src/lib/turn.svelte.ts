// A question, and how it is being answered.

import type { KeptTurn } from './history';
import { withoutMarks } from './marks';
import type {
  AnswerMode,
  AnswerSentence,
  AskEvent,
  Citation,
  Explanation,
  Failure,
  Passage,
  PastTurn,
  ServerTurn,
} from './types';

let turns = 0;

export class Turn {
  state = $state<'searching' | 'writing' | 'done' | 'stopped' | 'failed'>('searching');
  text = $state('');
  sentences = $state<AnswerSentence[]>([]);
  citations = $state<Citation[]>([]);
  passages = $state<Passage[]>([]);
  refused = $state(false);
  /** What is shown may well not answer the question. */
  unsure = $state(false);
  seconds = $state(0);
  problem = $state<(Failure & { status?: number }) | null>(null);
  helpful = $state<boolean | null>(null);
  answerId: string | null = null;
  /** How it came about; null where that was not kept. */
  explanation = $state.raw<Explanation | null>(null);
  /** Its number in the conversation on the server; null where it is not kept there. */
  n = $state<number | null>(null);

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
      this.unsure = data.unsure ?? false;
      this.seconds = (data.timings?.total_ms ?? 0) / 1000;
      this.answerId = data.id ?? null;
      this.n = data.turn ?? null;
      this.explanation = data.explanation ?? null;
      this.state = 'done';
    }
  }

  /** A turn as the browser kept it. */
  static from(kept: KeptTurn): Turn {
    const turn = new Turn(kept.question, kept.mode);
    const { text, sentences, citations, refused, unsure, seconds, answerId, helpful } = kept;
    Object.assign(turn, { text, sentences, citations, refused, seconds, answerId, helpful, state: 'done' });
    turn.unsure = unsure ?? false;
    return turn;
  }

  /** A turn as the server kept it. */
  static of({ question, mode, answer, helpful }: ServerTurn): Turn {
    const turn = new Turn(question, mode);
    turn.take({ event: 'done', data: answer });
    turn.helpful = helpful ?? null;
    return turn;
  }

  toKeep(): KeptTurn {
    const { question, mode, text, refused, unsure, seconds, answerId, helpful } = this;
    const [sentences, citations] = [$state.snapshot(this.sentences), $state.snapshot(this.citations)];
    return { question, mode, text, sentences, citations, refused, unsure, seconds, answerId, helpful };
  }

  asPast(): PastTurn {
    return { question: this.question, answer: withoutMarks(this.text, (n) => this.citation(n) !== undefined) };
  }
}
