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

/** Counts that stand before or after a heading: "Chapter 3.", "2.1", "第 3 章", "(1/2)". */
const BEFORE =
  /^(?:(?:(?:chapter|section|unit|part|lesson|week|slide)\s+)?[\d.]*\d[\s.、:：-]*|第\s*[\d一二三四五六七八九十百]+\s*[章節节課课單单元講讲篇週周][\s.、:：]*)+/i;
const AFTER = /\s*[（(]\d+\s*\/\s*\d+[）)]$/;
/** Headings of any book, which say nothing of what it is about. */
const GENERAL = new Set(
  `contents|table of contents|course schedule|schedule|syllabus|agenda|introduction|overview|preface|summary|conclusion|
  conclusions|references|bibliography|further reading|appendix|index|other|others|exercises|questions|notes|
  目錄|目录|課程進度表|课程进度表|進度表|进度表|課程大綱|课程大纲|前言|簡介|简介|導論|导论|緒論|绪论|總結|总结|結論|结论|
  小結|小结|參考文獻|参考文献|參考資料|参考资料|延伸閱讀|延伸阅读|附錄|附录|索引|其他|練習|练习|習題|习题`.split(
    /\|\s*/,
  ),
);

/** Headings that say what a part is about: not numbers, not front matter, not the title alone. */
export function headings(outline: OutlineEntry[], language: Language | null): Heading[] {
  const inner = outline.some((entry) => entry.level > 1) ? outline.filter((entry) => entry.level > 1) : outline;
  return inner
    .map(({ title }) => ({ title: title.trim().replace(BEFORE, '').replace(AFTER, '').trim(), language }))
    .filter(({ title }) => title.length > 1 && title.length < 60 && /\p{L}/u.test(title))
    .filter(({ title }) => !GENERAL.has(title.toLowerCase()));
}

/** Up to `count` questions, spread over what there is, each once; those in the reader's language first. */
export function suggest(questions: Question[], parts: Heading[], reader: string, count: number): string[] {
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
