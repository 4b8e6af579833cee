export const locales = { en: 'English', 'zh-Hant': '繁體中文', 'zh-Hans': '简体中文' } as const;
export type LocaleTag = keyof typeof locales;

/** The remembered language, else the first the browser asks for that the page has, else English. */
export function chooseLocale(stored: string | null, wanted: readonly string[]): LocaleTag {
  if (stored && stored in locales) return stored as LocaleTag;
  for (const tag of wanted) {
    if (/^en\b/i.test(tag)) return 'en';
    if (/^zh-(hant|tw|hk|mo)\b/i.test(tag)) return 'zh-Hant';
    if (/^zh\b/i.test(tag)) return 'zh-Hans';
  }
  return 'en';
}
