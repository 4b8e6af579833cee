// Every view in four guises: nothing for axe-core to find, nothing wider than the window, nothing that jumps while it loads,
// nothing that looks otherwise than it did.
// With LECTERN_PICTURES naming a folder, the views are kept there as WebP, see README.md.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import {
  ask,
  close,
  createCourse,
  launch,
  openPage,
  overflow,
  paper,
  say,
  toTab,
  upload,
  url,
  violations,
} from './browser.mjs';
import { keepSnapshots, looksAsBefore } from './snapshot.mjs';

const folder = process.env.LECTERN_PICTURES;
const MADE_MS = 240_000;
/** Layout shifts below this are good: https://web.dev/articles/cls */
const GOOD_SHIFT = 0.1;
let browser;
/** The address of a course with material, questions and a quiz, by language. */
const prepared = {};

const GUISES = [
  { tag: 'en', locale: 'en-GB', colorScheme: 'light', viewport: { width: 1440, height: 900 } },
  { tag: 'en', locale: 'en-GB', colorScheme: 'dark', viewport: { width: 390, height: 844 } },
  { tag: 'zh-Hant', locale: 'zh-TW', colorScheme: 'dark', viewport: { width: 1440, height: 900 } },
  { tag: 'zh-Hant', locale: 'zh-TW', colorScheme: 'light', viewport: { width: 390, height: 844 } },
];
const MATERIAL = {
  en: { title: 'Biology 8B', file: 'plants.md', question: 'Where does the oxygen of photosynthesis come from?' },
  'zh-Hant': { title: '自然七甲', file: 'water.zh-TW.md', question: '臺灣地層下陷最嚴重的地方在哪裡？' },
};

before(async () => {
  browser = await launch();
  for (const { tag, locale } of [GUISES[0], GUISES[2]]) prepared[tag] = await prepare(tag, locale);
});
after(() => {
  keepSnapshots();
  return browser?.close();
});

/** Makes the course; returns its address, its quiz's, and what the browser remembers. */
async function prepare(tag, locale) {
  const [page, t, { title, file, question }] = [await openPage(browser, { locale }), say(tag), MATERIAL[tag]];
  await createCourse(page, title, t);
  const buffer = readFileSync(new URL(`../../configs/sample/${file}`, import.meta.url));
  await upload(page, [paper(), { name: file, mimeType: 'text/markdown', buffer }]);
  await toTab(page, 'ask');
  const course = page.url();
  await ask(page, question, t, 'ask.modeAnswer');
  await ask(page, tag === 'en' ? 'Who won the world cup in 1998?' : '誰贏得了 1998 年世界盃足球賽？', t);
  await ask(page, question, t);
  await toTab(page, 'quizzes');
  await page.getByLabel(t('quizzes.count'), { exact: true }).fill('4');
  await page.getByLabel(t('kind.cloze')).check();
  await page.getByText(t('quizzes.more')).click();
  await page.getByLabel(t('quizzes.seed')).fill('1');
  await page.getByRole('button', { name: t('quizzes.make') }).click();
  await page.getByRole('link', { name: t('quizzes.take') }).waitFor({ timeout: MADE_MS });
  const quiz = page.url();
  const storageState = await page.context().storageState();
  await close(page);
  return { course, quiz, storageState, question };
}

/** Leaves out the courses of other tests. */
async function onlyPrepared(route) {
  const ids = Object.values(prepared).map(({ course }) => course.split('/').at(-1));
  const answer = await route.fetch();
  const { courses, ...rest } = await answer.json();
  return route.fulfill({ json: { ...rest, courses: courses.filter(({ id }) => ids.includes(id)) } });
}

/** The views: where they are, and what is to be waited for and done there. */
function views({ course, quiz, question }, t) {
  return {
    home: { at: `${url}/#/`, ready: (page) => page.locator('.next').first() },
    ask: { at: course, ready: (page) => page.locator('article', { hasText: question }).first() },
    source: {
      at: course,
      ready: (page) => page.locator('.mark').first(),
      act: async (page) => {
        await page.locator('.mark').first().click();
        await page.getByRole('dialog').locator('mark').nth(1).waitFor();
      },
    },
    material: { at: `${course}/material`, ready: (page) => page.locator('[data-phase=ready]').first() },
    search: {
      at: `${course}/material`,
      ready: (page) => page.locator('main input[type=search]'),
      act: async (page) => {
        await page.locator('main input[type=search]').fill('水 water');
        await page.keyboard.press('Enter');
        await page.locator('main ol button').first().waitFor();
      },
    },
    quizzes: { at: `${course}/quizzes`, ready: (page) => page.locator('main li a').first() },
    quiz: { at: quiz, ready: (page) => page.locator('.question').first() },
    bank: {
      at: `${course}/quizzes/bank`,
      ready: (page) => page.locator('main li').first(),
      act: (page) => page.locator('main li input').first().check(),
    },
    take: { at: `${quiz}/take`, ready: (page) => page.getByRole('button', { name: t('quizzes.hand') }) },
    print: { at: `${quiz}/print`, ready: (page) => page.locator('.paper li').first() },
    insight: { at: `${course}/insight`, ready: (page) => page.locator('table').first() },
    status: { at: `${url}/#/status`, ready: (page) => page.getByText(t('status.inUse')).first() },
    api: { at: `${url}/#/api`, ready: (page) => page.locator('pre').first() },
  };
}

/** As WebP, which the browser itself writes. */
async function keepPicture(page, name) {
  const png = (await page.screenshot()).toString('base64');
  const blank = await page.context().newPage();
  const webp = await blank.evaluate(async (data) => {
    const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
    const canvas = Object.assign(document.createElement('canvas'), { width: image.width, height: image.height });
    canvas.getContext('2d').drawImage(image, 0, 0);
    return canvas.toDataURL('image/webp', 0.82).split(',')[1];
  }, png);
  await blank.close();
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/${name}.webp`, Buffer.from(webp, 'base64'));
}

for (const guise of GUISES) {
  const { tag, colorScheme, viewport } = guise;
  const named = `${tag}, ${colorScheme}, ${viewport.width}`;
  test(`every view is sound (${named})`, async () => {
    const { storageState } = prepared[tag];
    const page = await openPage(browser, { ...guise, storageState });
    await page.route('**/api/v1/courses?*', onlyPrepared);
    await page.addInitScript(() => {
      globalThis.shift = 0;
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) if (!entry.hadRecentInput) globalThis.shift += entry.value;
      }).observe({ type: 'layout-shift', buffered: true });
    });
    for (const [name, { at, ready, act }] of Object.entries(views(prepared[tag], say(tag)))) {
      await page.goto('about:blank');
      await page.goto(at);
      await ready(page).waitFor();
      await page.waitForTimeout(300);
      const shift = await page.evaluate(() => globalThis.shift);
      assert.ok(shift < GOOD_SHIFT, `${name} shifts by ${shift}`);
      await act?.(page);
      assert.deepEqual(await violations(page), [], name);
      assert.equal(await overflow(page), 0, `${name} overflows`);
      assert.match(await page.title(), /Lectern$/);
      assert.equal(await page.locator('h1').count(), 1, `${name} has one heading of the first level`);
      await looksAsBefore(page, `${name}-${tag}-${colorScheme}-${viewport.width}`);
      if (folder) await keepPicture(page, `${name}-${tag}-${colorScheme}-${viewport.width}`);
    }
    await close(page);
  });
}

test('the first load is below 150 KB as it is sent', async () => {
  const page = await openPage(browser);
  await page.locator('h1').first().waitFor();
  const bytes = await page.evaluate(() =>
    ['navigation', 'resource']
      .flatMap((type) => performance.getEntriesByType(type))
      .filter((entry) => !entry.name.includes('/api/'))
      .reduce((sum, entry) => sum + entry.encodedBodySize, 0),
  );
  assert.ok(bytes > 40_000 && bytes < 150_000, `${bytes} bytes`);
  console.log(`first load: ${bytes} bytes`);
  await close(page);
});
