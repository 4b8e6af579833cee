// What the address names. Everything the page shows has an address, so that the back button and a bookmark work.

export type Tab = 'ask' | 'material' | 'quizzes' | 'insight';
/** `bank`: choosing from the course's questions, for a quiz where one is named. */
export type QuizUse = 'edit' | 'take' | 'print' | 'bank';

export interface Route {
  view: 'home' | 'course' | 'status' | 'api';
  course: string | null;
  tab: Tab;
  /** The conversation that is open. */
  talk: string | null;
  quiz: string | null;
  use: QuizUse;
}

const HOME: Route = { view: 'home', course: null, tab: 'ask', talk: null, quiz: null, use: 'edit' };

/**
 * `#/`, `#/status`, `#/api`, `#/courses/{id}`, `…/ask/{conversation}`, `…/material`, `…/insight`, `…/quizzes`, `…/quizzes/bank`,
 * `…/quizzes/{id}`, `…/take`, `…/print`, `…/bank`.
 */
export function parseRoute(hash: string): Route {
  const [first, course, tab, quiz, use] = hash.replace(/^#?\//, '').split('/');
  if (first === 'status' || first === 'api') return { ...HOME, view: first };
  if (first !== 'courses' || !course) return HOME;
  const known: Tab = tab === 'material' || tab === 'quizzes' || tab === 'insight' ? tab : 'ask';
  const inQuizzes = known === 'quizzes' && quiz;
  const named = inQuizzes && quiz !== 'bank' ? quiz : null;
  const wanted = named ? use : inQuizzes ? quiz : 'edit';
  const talk = (tab === 'ask' && quiz) || null;
  return { view: 'course', course, tab: known, talk, quiz: named, use: isUse(wanted) ? wanted : 'edit' };
}

const isUse = (use?: string): use is QuizUse => use === 'take' || use === 'print' || use === 'bank';

/** The address of a course's tab. */
export const courseLink = (course: string, tab: Tab = 'ask') => `#/courses/${course}${tab === 'ask' ? '' : `/${tab}`}`;

/** The address of a conversation. */
export const talkLink = (course: string, talk: string) => `#/courses/${course}/ask/${talk}`;

/** The address of a quiz. */
export const quizLink = (course: string, quiz: string, use: QuizUse = 'edit') =>
  `#/courses/${course}/quizzes/${quiz}${use === 'edit' ? '' : `/${use}`}`;

/** The address of a course's question bank. */
export const bankLink = (course: string) => `#/courses/${course}/quizzes/bank`;
