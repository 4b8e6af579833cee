// The page's language and its words. Reading `t` in a component makes it follow a change of language.

import i18next from 'i18next';
import en from '../messages/en.json';
import { chooseLocale, type LocaleTag } from './choose_locale';
import { matchFault } from './match_fault';
import { pageRanges } from './page_ranges';
import { sectionOf, type Placed } from './place';
import { wordsFor } from './problem';
import type { Citation, Failure, ReadWarning } from './types';

type Words = typeof en;
type WithoutPlural<Name> = Name extends `${infer Base}_${'one' | 'other'}` ? Base : Name;

/** `group.name` of every message in en.json; a wrong one does not compile. */
export type MessageKey = {
  [Group in keyof Words & string]: `${Group}.${WithoutPlural<keyof Words[Group] & string>}`;
}[keyof Words & string];

const STORED = 'lectern-locale';
// English is the fallback and comes with the page; the others are fetched when they are wanted.
const CATALOGUES: Record<LocaleTag, () => Promise<object>> = {
  en: async () => en,
  'zh-Hant': async () => (await import('../messages/zh-Hant.json')).default,
  'zh-Hans': async () => (await import('../messages/zh-Hans.json')).default,
};

void i18next.init({
  initAsync: false,
  fallbackLng: 'en',
  interpolation: { escapeValue: false }, // Svelte escapes
  resources: { en: { translation: en } },
});

class Locale {
  tag = $state<LocaleTag>('en');

  /** Shows the page in the remembered language or the browser's. To be awaited before the page is made. */
  start(): Promise<void> {
    const wanted = chooseLocale(localStorage.getItem(STORED), navigator.languages);
    return this.#show(wanted).catch(() => this.#show('en'));
  }

  async use(tag: LocaleTag): Promise<void> {
    await this.#show(tag);
    localStorage.setItem(STORED, tag);
  }

  async #show(tag: LocaleTag): Promise<void> {
    i18next.addResourceBundle(tag, 'translation', await CATALOGUES[tag]());
    this.tag = tag;
    document.documentElement.lang = tag;
  }
}

export const locale = new Locale();

const say = i18next.t as unknown as (key: string, values: Record<string, unknown>) => string;

/** What was made once, such as a formatter, is kept: the page asks for the same hundreds of times while it is drawn. */
function keptBy<Made>(make: (key: string) => Made): (key: string) => Made {
  const kept = new Map<string, Made>();
  return (key) => {
    const found = kept.get(key) ?? make(key);
    kept.set(key, found);
    return found;
  };
}

const plain = keptBy((key) => {
  const [lng, name] = key.split(' ') as [string, string];
  // As it stands there: i18next goes a long way for what has no plural and no values.
  return (i18next.getResource(lng, 'translation', name) as string | undefined) ?? say(name, { lng });
});

/** A message in the page's language; `count` chooses the plural. */
export const t = (key: MessageKey, values?: Record<string, string | number>) =>
  values ? say(key, { ...values, lng: locale.tag }) : plain(`${locale.tag} ${key}`);

/** A message whose name is made of data, such as a check's; its words as they came where the catalogue lacks it. */
export const tOf = (group: keyof Words & string, name: string) =>
  i18next.exists(`${group}.${name}`) ? say(`${group}.${name}`, { lng: locale.tag }) : name;

/** What is wrong with a file or a question, in the page's language; null where its catalogue does not know it. */
export function faultWords(reason: string): string | null {
  if (locale.tag === 'en') return reason;
  const found = matchFault(reason, en.fault);
  if (!found) return null;
  const words = say(`fault.${found.name}`, { ...found.values, lng: locale.tag });
  return found.question ? `${t('quizzes.question', { n: found.question })}：${words}` : words;
}

/** An error in the page's language. */
export function problemWords(failure: Failure & { status?: number }): string {
  const key = (name: string) => `problem.${name}`;
  return wordsFor(failure, {
    has: (name) => i18next.exists(key(name)),
    say: (name) => say(key(name), { lng: locale.tag }),
    fault: faultWords,
    readsEnglish: locale.tag === 'en',
  });
}

const numbers = keptBy((key) => {
  const [tag, digits] = key.split(' ');
  return new Intl.NumberFormat(tag, { maximumFractionDigits: Number(digits) });
});

/** A number as the page's language writes it; what needs no marks is written without waiting for the browser's tables. */
export const formatNumber = (n: number, digits = 0) =>
  Number.isInteger(n) && n >= 0 && n < 1000 ? String(n) : numbers(`${locale.tag} ${digits}`).format(n);

/** Where in its document a quote stands: the page, or the headings where there are no pages. */
export const placeWords = (cited: Placed) => sectionOf(cited) ?? t('source.page', { page: formatNumber(cited.page) });

/** The same after the document's name. */
export function sourceWords(cited: Placed & Pick<Citation, 'document_name'>): string {
  const [name, section] = [cited.document_name, sectionOf(cited)];
  if (section === null) return t('source.onPage', { name, page: formatNumber(cited.page) });
  return section ? t('source.inSection', { name, section }) : name;
}

/** What was not read, in the page's language; null where its catalogue does not know it. */
export function warningWords({ code, pages, detail }: ReadWarning): string | null {
  if (locale.tag === 'en') return detail;
  const key = `warning.${code}`;
  return i18next.exists(key) ? say(key, { pages: pageRanges(pages, '、'), lng: locale.tag }) : null;
}

/** "a, b, and c", as the page's language writes it. */
export const formatList = (parts: string[]) => new Intl.ListFormat(locale.tag).format(parts);

/** A day, or a moment with its time. */
export const formatDate = (moment: string, time = false) =>
  new Intl.DateTimeFormat(locale.tag, { dateStyle: 'medium', ...(time && { timeStyle: 'short' }) }).format(
    new Date(moment),
  );

/** A day of the last weeks (without a time, so of no time zone), short enough for a plot. */
export const formatDay = (day: string) =>
  new Intl.DateTimeFormat(locale.tag, { month: 'short', day: 'numeric', timeZone: 'UTC' }).format(new Date(day));

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte'];

/** A size in the unit that fits. */
export function formatBytes(bytes: number): string {
  const step = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const unit = { style: 'unit', unit: UNITS[step]!, maximumFractionDigits: step > 1 ? 1 : 0 } as const;
  return new Intl.NumberFormat(locale.tag, unit).format(bytes / 1000 ** step);
}

/** Milliseconds as seconds; what rounds to none is "under 0.1 s". */
export const formatSeconds = (ms: number) =>
  ms < 50
    ? t('answer.secondsLess', { seconds: formatNumber(0.1, 1) })
    : t('answer.seconds', { seconds: formatNumber(ms / 1000, 1) });
