// A teacher's way through the page with the default models, in English and Traditional Chinese, on a phone and on a wide
// screen, in light and dark: upload a PDF, ask, follow the citation to the words, make a quiz, edit it, export it, delete it.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import {
  ask,
  close,
  coloursIn,
  createCourse,
  deleteNow,
  launch,
  openPage,
  overflow,
  paper,
  say,
  toTab,
  upload,
  violations,
} from './browser.mjs';
import { readers } from './readers.mjs';

const gift = createRequire(import.meta.url)('gift-pegjs');
const MADE_MS = 240_000;
let browser;

before(async () => (browser = await launch()));
after(() => browser?.close());

/** Asks the model, and looks whether the mark in the source lies on the quoted words. */
async function askAndFollow(page, t) {
  await toTab(page, 'ask');
  const turn = await ask(page, 'Which light does chlorophyll absorb?', t, 'ask.modeAnswer');
  await turn.locator('.mark').first().click();
  const highlight = page.locator('.sheet .highlight').first();
  await highlight.waitFor({ timeout: 30_000 });
  await page.locator('.sheet img').evaluate((image) => image.decode());
  const seen = await coloursIn(page, await highlight.boundingBox());
  assert.ok(seen.yellow > 40 && seen.ink > 3, `the mark lies on words: ${JSON.stringify(seen)}`);
  await page.keyboard.press('Escape');
}

async function makeQuiz(page, t) {
  await toTab(page, 'quizzes');
  await page.getByLabel(t('quizzes.count'), { exact: true }).fill('5');
  for (const kind of ['true_false', 'cloze', 'short_answer']) await page.getByLabel(t(`kind.${kind}`)).check();
  await page.getByRole('button', { name: t('quizzes.make') }).click();
  await page.getByRole('link', { name: t('quizzes.take') }).waitFor({ timeout: MADE_MS });
  return page.locator('.question .stem').allInnerTexts();
}

async function editQuiz(page, t) {
  const first = page.locator('#q1');
  await first.getByRole('button', { name: t('quizzes.edit'), exact: true }).click();
  await first.getByLabel(t('quizzes.explanation')).fill('See the first page.');
  await first.getByRole('button', { name: t('quizzes.save') }).click();
  await first.getByText('See the first page.').waitFor();
}

async function exportQuiz(page, t, stems) {
  const saved = page.waitForEvent('download');
  await page.getByRole('button', { name: t('quizzes.export'), exact: true }).click();
  const text = readFileSync(await (await saved).path(), 'utf8');
  const read = gift.parse(text).filter((question) => question.type !== 'Category');
  assert.deepEqual(
    read.map((question) => question.stem.text),
    stems,
  );
}

async function deleteQuiz(page, t) {
  const quiz = page.url();
  await page.getByRole('button', { name: t('quizzes.delete') }).click();
  await page.getByText(t('quizzes.none')).waitFor();
  await deleteNow(page, t);
  await page.reload();
  await page.getByText(t('quizzes.none')).waitFor();
  assert.notEqual(page.url(), quiz);
}

for (const [locale, tag, width, colorScheme] of [
  ['en-GB', 'en', 1440, 'light'],
  ['en-GB', 'en', 390, 'dark'],
  ['zh-TW', 'zh-Hant', 1440, 'dark'],
  ['zh-TW', 'zh-Hant', 390, 'light'],
]) {
  test(`the tour (${locale}, ${width} px, ${colorScheme})`, async () => {
    const t = say(tag);
    const page = await openPage(browser, { locale, colorScheme, viewport: { width, height: 900 } });
    await createCourse(page, `${t('quizzes.title')} ${width} ${Date.now()}`, t);
    await upload(page, paper());
    await askAndFollow(page, t);
    await upload(page, readers[tag]);
    const stems = await makeQuiz(page, t);
    assert.equal(stems.length, 5);
    assert.deepEqual(await violations(page), []);
    assert.equal(await overflow(page), 0);
    await editQuiz(page, t);
    await exportQuiz(page, t, stems);
    await deleteQuiz(page, t);
    await close(page);
  });
}
