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
  /** Where a file is at fault: each place. */
  errors?: FileFault[];
}

/** What was not read of a document: a stable code, its pages, and the server's own words, which are English. */
export interface ReadWarning {
  code: string;
  pages: number[];
  detail: string;
}

/** What is wrong with a line of a file, or was not taken from it. */
export interface FileFault {
  line: number;
  /** The server's own words, which are English. */
  reason: string;
}

export interface Course {
  id: string;
  title: string;
  documents: number;
  /** The adapter that its answers and quizzes are made with; null: the generator itself. */
  model?: string | null;
}

export interface OutlineEntry {
  title: string;
  level: number;
  page: number;
}

export interface CourseDocument {
  id: string;
  name: string;
  status: DocumentStatus;
  error?: Failure | null;
  job_id?: string | null;
  pages?: number | null;
  language?: Language | null;
  /** Bytes of the file. */
  bytes?: number;
  outline?: OutlineEntry[];
  /** What was not read although reading succeeded. */
  warnings?: ReadWarning[];
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
  boxes: Rect[];
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
  /** Whether the document has pages; where it has none, the headings say where the quote stands. */
  paged?: boolean;
  /** Outermost first. */
  heading_path?: string[];
  /** Verbatim; `shown` is what to show in its place where it is of a table. */
  quote: string;
  shown?: string | null;
  boxes: Rect[];
}

/** What the source panel shows: a citation, a passage that was found, or a whole document. */
export interface Source {
  /** The citation's number in its answer. */
  n?: number;
  document_id: string;
  document_name: string;
  page: number;
  paged?: boolean;
  heading_path?: string[];
  quote?: string;
  shown?: string | null;
  /** What is marked in the page's text. */
  start?: number;
  end?: number;
  boxes: Rect[];
}

/** A chunk that was found. */
export interface SearchHit extends ByteRange {
  chunk_id: string;
  document_id: string;
  document_name: string;
  pages: number[];
  heading_path: string[];
  text: string;
  boxes: Rect[];
}

export interface AnswerSentence {
  text: string;
  citations: number[];
  /** 0 to 1. */
  support: number;
}

export interface AskResponse {
  /** For rating it; null where the server keeps none. */
  id?: string | null;
  /** Its number in its conversation; null where it is not kept in one. */
  turn?: number | null;
  answer: string;
  sentences: AnswerSentence[];
  citations: Citation[];
  refused: boolean;
  /** What is shown may well not answer the question; answers kept by older versions don't say. */
  unsure?: boolean;
  timings?: { total_ms: number };
  /** Where it was asked for. */
  explanation?: Explanation | null;
}

/** How an answer came about. */
export interface Explanation {
  /** Null where the question is about the material itself, for which nothing is searched. */
  query?: string | null;
  passages: ReadPassage[];
  prompts: Prompt[];
  /** How likely it is that the material holds no answer, and the doubt above which one is refused; both 0 to 1. */
  doubt?: number | null;
  refuse_above?: number | null;
}

/** A passage as it was found. */
export interface ReadPassage {
  n: number;
  document_name: string;
  /** First and last. */
  pages: number[];
  heading_path: string[];
  text: string;
}

/** What a model was given to read. */
export interface Prompt {
  used_for: 'answer' | 'doubt' | 'weigh';
  messages: { role: 'system' | 'user' | 'assistant'; content: string }[];
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

/** A conversation in a list. */
export interface ConversationSummary {
  id: string;
  /** Null until the first question names it. */
  title?: string | null;
  turn_count: number;
  updated_at: string;
}

/** A turn as the server keeps it. */
export interface ServerTurn {
  n: number;
  question: string;
  mode: AnswerMode;
  answer: AskResponse;
  helpful?: boolean | null;
}

export interface AskedOften {
  question: string;
  times: number;
  last_asked: string;
}

/** What a course's questions tell its teacher. */
export interface Insight {
  asked: number;
  refused: number;
  helpful: number;
  unhelpful: number;
  median_ms: number;
  p95_ms: number;
  times: { up_to_ms?: number | null; answers: number }[];
  days: { date: string; answered: number; refused: number }[];
  asked_most: AskedOften[];
  gaps: AskedOften[];
  did_not_help: { id: string; question: string; answer: string; created_at: string }[];
  documents: { id: string; name: string; answers: number }[];
}

export interface Model {
  id: string;
  kind: string;
  title: string;
  languages: string[];
  licence: string;
  bytes?: number | null;
  state: string;
  in_use: boolean;
  pull?: { step: string; done: number; total: number; error?: Failure | null } | null;
}

export interface ServiceStatus {
  version: string;
  uptime_s: number;
  memory_bytes?: number | null;
  key_required: boolean;
  generator: string;
  queued_documents: number;
  queued_quizzes: number;
  answers: number;
  answers_limit: number;
  max_upload_bytes: number;
  max_question_chars: number;
  models: Model[];
}

export type QuestionKind = 'multiple_choice' | 'true_false' | 'cloze' | 'short_answer' | 'ordering' | 'matching';
export type Difficulty = 'easy' | 'medium' | 'hard';
export type CognitiveLevel = 'recall' | 'understand' | 'apply';

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
  level: CognitiveLevel;
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
  /** The quiz's passage that it is asked about. */
  passage?: number | null;
}

/** What a change came to for one question. */
export interface QuestionChange {
  /** Its number now. */
  n: number;
  /** Its number before; null for a new one. */
  was?: number | null;
  fields: string[];
  proven_before: boolean;
  proven: boolean;
  /** Those whose outcome changed, as they are now. */
  checks: Check[];
}

/** A question with the quiz and the number it has there. */
export interface BankQuestion extends Question {
  quiz_id: string;
  quiz_title: string;
  n: number;
}

export interface BankFilter {
  q?: string;
  kind?: QuestionKind;
  tag?: string;
}

export interface Quiz {
  id: string;
  title: string;
  status: 'making' | 'ready' | 'failed';
  error?: Failure | null;
  job_id?: string | null;
  request: { count: number; seed?: number | null };
  questions: Question[];
  /** What the questions of a reading set are asked about. */
  passages: Citation[];
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
  pages?: number[];
  difficulty?: Difficulty;
  level?: CognitiveLevel;
  language?: Language;
  seed?: number;
  reuse_items?: boolean;
  title?: string;
  questions_per_passage?: number;
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
