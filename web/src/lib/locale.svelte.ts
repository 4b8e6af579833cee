// The page's language and its words. Reading `t` in a component makes it follow a change of language.

import i18next from 'i18next';
import en from '../messages/en.json';
import zhHans from '../messages/zh-Hans.json';
import zhHant from '../messages/zh-Hant.json';
import { chooseLocale, type LocaleTag } from './choose_locale';
import { wordsFor } from './problem';
import type { Failure } from './types';

type Words = typeof en;
type WithoutPlural<Name> = Name extends `${infer Base}_${'one' | 'other'}` ? Base : Name;

/** `group.name` of every message in en.json; a wrong one does not compile. */
export type MessageKey = {
  [Group in keyof Words & string]: `${Group}.${WithoutPlural<keyof Words[Group] & string>}`;
}[keyof Words & string];

const STORED = 'lectern-locale';

void i18next.init({
  initAsync: false,
  fallbackLng: 'en',
  interpolation: { escapeValue: false }, // Svelte escapes
  resources: { en: { translation: en }, 'zh-Hant': { translation: zhHant }, 'zh-Hans': { translation: zhHans } },
});

class Locale {
  tag = $state<LocaleTag>(chooseLocale(localStorage.getItem(STORED), navigator.languages));

  constructor() {
    document.documentElement.lang = this.tag;
  }

  use(tag: LocaleTag): void {
    this.tag = tag;
    document.documentElement.lang = tag;
    localStorage.setItem(STORED, tag);
  }
}

export const locale = new Locale();

const say = i18next.t as unknown as (key: string, values: Record<string, unknown>) => string;

/** A message in the page's language; `count` chooses the plural. */
export const t = (key: MessageKey, values: Record<string, string | number> = {}) =>
  say(key, { ...values, lng: locale.tag });

/** An error in the page's language. */
export function problemWords(failure: Failure & { status?: number }): string {
  const key = (name: string) => `problem.${name}`;
  return wordsFor(failure, {
    has: (name) => i18next.exists(key(name)),
    say: (name) => say(key(name), { lng: locale.tag }),
    readsEnglish: locale.tag === 'en',
  });
}

export const formatNumber = (n: number, digits = 0) =>
  new Intl.NumberFormat(locale.tag, { maximumFractionDigits: digits }).format(n);
