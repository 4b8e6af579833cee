// Questions to begin with, from the material itself: proven quiz questions, then its headings.

import type { Language, OutlineEntry, Question } from './types';

export interface Heading {
  title: string;
  language: Language | null;
}

/** How a heading is asked about, by the material's language. */
const ASK_ABOUT: Record<string, (title: string) => string> = {
  en: (title) => `What does the material say about ${title}?`,
  'zh-Hant': (title) => `關於「${title}」，教材說了什麼？`,
  'zh-Hans': (title) => `关于“${title}”，教材说了什么？`,
};

const LONGEST = 120;
const isAsked = (stem: string) => /[?？]\s*$/.test(stem) && stem.length <= LONGEST && !stem.includes('_');

/** Headings that say what a part is about: not numbers, not front matter, not the title alone. */
export function headings(outline: OutlineEntry[], language: Language | null): Heading[] {
  const inner = outline.some((entry) => entry.level > 1) ? outline.filter((entry) => entry.level > 1) : outline;
  return inner
    .map(({ title }) => ({ title: title.replace(/^[\d.\s、]+/, '').trim(), language }))
    .filter(({ title }) => title.length > 1 && title.length < 60 && /\p{L}/u.test(title));
}

/** Up to `count` questions, spread over what there is, each once; those in the reader's language first. */
export function suggest(questions: Question[], parts: Heading[], reader: string, count = 4): string[] {
  const stems = questions
    .filter((question) => question.proof.proven && question.kind !== 'true_false' && isAsked(question.stem))
    .map((question) => question.stem.trim());
  const [own, other] = [
    parts.filter((part) => part.language === reader),
    parts.filter((part) => part.language !== reader),
  ];
  const about = [...spread(own, count), ...spread(other, count)].map(({ title, language }) =>
    (ASK_ABOUT[language ?? 'en'] ?? ASK_ABOUT['en']!)(title),
  );
  const wanted = [...new Set([...spread(stems, count), ...about])];
  return wanted.slice(0, count);
}

/** `count` items at even distances. */
function spread<T>(items: T[], count: number): T[] {
  if (items.length <= count) return items;
  return Array.from({ length: count }, (_, i) => items[Math.floor((i * items.length) / count)]!);
}
