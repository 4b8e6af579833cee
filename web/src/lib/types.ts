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
  quote: string;
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
