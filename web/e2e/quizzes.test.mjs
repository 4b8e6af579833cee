// Quizzes in a browser, against a running Lectern: from asking for one to taking and exporting it.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { close, createCourse, launch, openPage, overflow, toTab, upload, url, violations } from './browser.mjs';

// A reader of GIFT that is not ours.
const gift = createRequire(import.meta.url)('gift-pegjs');
const sample = readFileSync(new URL('../../configs/sample/plants.md', import.meta.url));
/** Without line breaks and Markdown's marks, which the reader takes away. */
const bare = (text) => text.replace(/[\s*_`]/g, '');
const MADE_MS = 120_000;
let browser;
/** The address of a quiz that is made. */
let quizUrl;

before(async () => {
  browser = await launch();
  const page = await openPage(browser);
  await createCourse(page, `Quizzes ${Date.now()}`);
  await upload(page, { name: 'plants.md', mimeType: 'text/markdown', buffer: sample });
  await toTab(page, 'quizzes');
  await page.getByLabel('Questions', { exact: true }).fill('4');
  await page.getByLabel('Cloze').check();
  await page.getByRole('button', { name: 'Make the quiz' }).click();
  await page.getByRole('link', { name: 'Take it as a student' }).waitFor({ timeout: MADE_MS });
  quizUrl = page.url();
  await close(page);
});
after(() => browser?.close());

async function atQuiz(options) {
  const page = await openPage(browser, options);
  await page.goto(quizUrl);
  await page.locator('.card').first().waitFor();
  return page;
}

test('every question shows its key, its proof and its evidence, which opens in the source', async () => {
  const page = await atQuiz();
  const card = page.locator('.card').first();
  await card.getByText('Key', { exact: true }).first().waitFor();
  await card.locator('.proof summary').click();
  assert.ok((await card.locator('.proof li').count()) > 3);
  assert.equal(await card.locator('.proof li.bad').count(), 0);
  await card.locator('.evidence').first().click();
  const cited = await page.getByRole('dialog').locator('blockquote').innerText();
  assert.ok(bare(sample.toString()).includes(bare(cited)), `not verbatim: ${cited}`);
  await page.getByRole('dialog').locator('.text mark').first().waitFor();
  await page.keyboard.press('Escape');
  assert.ok(
    await card
      .locator('.evidence')
      .first()
      .evaluate((quote) => quote === document.activeElement),
  );
  await close(page);
});

test('a question is edited in place, locked and moved with the keyboard', async () => {
  const page = await atQuiz();
  const card = page.locator('#q1');
  const stem = await card.locator('.stem').innerText();
  await card.getByRole('button', { name: 'Edit' }).press('Enter');
  await card.getByLabel('Explanation').fill('See the first page.');
  await card.getByLabel('Tags').fill('unit 1, leaves');
  await card.getByRole('button', { name: 'Save and check' }).press('Enter');
  await card.getByText('See the first page.').waitFor();
  await card.getByText('leaves', { exact: true }).waitFor();
  await card.getByRole('button', { name: 'Lock', exact: true }).press('Enter');
  await card.getByText('Locked').waitFor();
  assert.ok(await card.getByRole('button', { name: 'Make again' }).isDisabled());
  await card.getByRole('button', { name: 'Move question 1 down' }).press('Enter');
  await page.locator('#q2 .stem', { hasText: stem.slice(0, 30) }).waitFor();
  await page.locator('#q2').getByRole('button', { name: 'Move question 2 up' }).press('Enter');
  await page.locator('#q1 .stem', { hasText: stem.slice(0, 30) }).waitFor();
  await page.locator('#q1').getByRole('button', { name: 'Unlock' }).press('Enter');
  await close(page);
});

test('it is taken as a student takes it, and marked', async () => {
  const page = await atQuiz();
  const key = page.locator('#q1 .options .key span').first();
  const right = (await key.count()) ? await key.innerText() : null;
  await page.getByRole('link', { name: 'Take it as a student' }).click();
  const first = page.locator('fieldset').first();
  if (right) await first.getByLabel(right, { exact: true }).check();
  else await first.getByRole('textbox').fill('nothing like it');
  assert.deepEqual(await violations(page), []);
  await page.getByRole('button', { name: 'Hand in' }).click();
  await page.getByText(/ of \d+ points/).waitFor();
  await first.getByText(right ? 'Right' : 'Not right', { exact: true }).waitFor();
  await page.getByRole('link', { name: 'Back to the questions' }).click();
  await page.locator('.card').first().waitFor();
  await close(page);
});

test('the exported GIFT is read by another program, question for question', async () => {
  const page = await atQuiz();
  const stems = await page.locator('.card .stem').allInnerTexts();
  const saved = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export' }).click();
  const path = await (await saved).path();
  const read = gift.parse(readFileSync(path, 'utf8')).filter((question) => question.type !== 'Category');
  assert.deepEqual(
    read.map((question) => question.stem.text),
    stems,
  );
  await close(page);
});

for (const [locale, colorScheme, width] of [
  ['en-GB', 'light', 1440],
  ['zh-TW', 'dark', 390],
]) {
  test(`axe-core finds nothing wrong, and nothing overflows (${locale}, ${colorScheme}, ${width})`, async () => {
    const page = await atQuiz({ locale, colorScheme, viewport: { width, height: 800 } });
    await page.locator('.proof summary').first().click();
    assert.deepEqual(await violations(page), []);
    assert.equal(await overflow(page), 0);
    await page.goto(quizUrl.replace(/\/[^/]+$/, ''));
    await page.locator('form').waitFor();
    assert.deepEqual(await violations(page), []);
    assert.equal(await overflow(page), 0);
    assert.ok(page.url().startsWith(url));
    await close(page);
  });
}
