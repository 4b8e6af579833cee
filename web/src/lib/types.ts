// The shapes the page works with. They say only what the page needs, so that a server that tells more still fits.

export type Language = 'en' | 'zh-Hant' | 'zh-Hans' | 'und';
export type DocumentStatus = 'queued' | 'reading' | 'indexing' | 'ready' | 'failed';
export type JobState = 'queued' | 'running' | 'done' | 'failed' | 'cancelled';
export type AnswerMode = 'answer' | 'quote';
export type BlockKind = 'heading' | 'paragraph' | 'list_item' | 'table' | 'caption' | 'code' | 'formula';

/** Why a document or a job failed. */
export interface Failure {
  code: string;
  detail: string;
}

export interface Course {
  id: string;
  title: string;
  documents: number;
}

export interface CourseDocument {
  id: string;
  name: string;
  status: DocumentStatus;
  error?: Failure | null;
  job_id?: string | null;
  pages?: number | null;
  language?: Language | null;
}

export interface Uploaded {
  documents: Pick<CourseDocument, 'id' | 'job_id' | 'name' | 'status'>[];
  rejected?: { name: string; error: Failure }[];
}

export interface Job {
  state: JobState;
  stage: string;
  done: number;
  /** 0 while unknown. */
  total: number;
  error?: Failure | null;
}

/** Points (1/72 inch) from the top left corner of the page as displayed. */
export interface Rect {
  page: number;
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** A byte range of the document's UTF-8 text, half open. */
export interface ByteRange {
  start: number;
  end: number;
}

export interface PageBlock extends ByteRange {
  kind: BlockKind;
  level: number;
  text: string;
}

export interface DocumentPage {
  page: number;
  /** How many pages the document has. */
  pages: number;
  /** Points; 0 for formats without pages. */
  width: number;
  height: number;
  blocks: PageBlock[];
}

export interface Citation extends ByteRange {
  n: number;
  document_id: string;
  document_name: string;
  page: number;
  /** Verbatim; `shown` is what to show in its place where it is of a table. */
  quote: string;
  shown?: string | null;
  boxes: Rect[];
}

export interface AnswerSentence {
  text: string;
  citations: number[];
  /** 0 to 1. */
  support: number;
}

export interface AskResponse {
  answer: string;
  sentences: AnswerSentence[];
  citations: Citation[];
  refused: boolean;
  timings?: { total_ms: number };
}

/** A passage the answer is drawn from. */
export interface Passage {
  n: number;
  document_name: string;
}

export interface PastTurn {
  question: string;
  answer: string;
}

/** What arrives while a question is being answered. */
export type AskEvent =
  | { event: 'passages'; data: { passages: Passage[] } }
  | { event: 'token'; data: { text: string } }
  | { event: 'citation'; data: Citation }
  | { event: 'done'; data: AskResponse };

export type QuestionKind = 'multiple_choice' | 'true_false' | 'cloze' | 'short_answer' | 'ordering' | 'matching';
export type Difficulty = 'easy' | 'medium' | 'hard';

export interface MatchPair {
  left: string;
  right: string;
}

export interface Check {
  name: string;
  passed: boolean;
  found: string;
}

/** A question; which of the later fields it has depends on its kind. */
export interface Question {
  kind: QuestionKind;
  stem: string;
  explanation: string;
  feedback: string;
  evidence: Citation[];
  difficulty: Difficulty;
  language: Language;
  points: number;
  tags: string[];
  locked: boolean;
  reused: boolean;
  proof: { proven: boolean; checks: Check[] };
  options?: string[];
  key?: string | boolean | string[];
  accepted?: string[];
  pairs?: MatchPair[];
}

export interface Quiz {
  id: string;
  title: string;
  status: 'making' | 'ready' | 'failed';
  error?: Failure | null;
  job_id?: string | null;
  request: { count: number };
  questions: Question[];
  left_out: { reason: string; count: number }[];
}

export interface QuizSummary {
  id: string;
  title: string;
  status: Quiz['status'];
  question_count: number;
  proven_count: number;
  created_at: string;
}

export interface QuizWish {
  count: number;
  kinds: QuestionKind[];
  document_ids: string[];
  difficulty?: Difficulty;
}

export type GivenAnswer = string | boolean | string[] | MatchPair[];

export interface QuestionMark {
  n: number;
  answered: boolean;
  right: boolean;
  points: number;
  of: number;
}

export interface Marks {
  points: number;
  of: number;
  marks: QuestionMark[];
}

/** What an export's format has no place for. */
export interface NotHeld {
  what: string;
  reason: string;
  questions: number[];
}
