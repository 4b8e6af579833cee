// Conversations that the server keeps: begun, followed up, renamed, exported, deleted and brought back; two windows in one;
// and the one that only a browser keeps.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import {
  ask,
  close,
  courseWithLesson,
  deleteNow,
  focused,
  inCourse,
  launch,
  openPage,
  overflow,
  say,
  violations,
} from './browser.mjs';

const FIRST = 'Which light does chlorophyll absorb?';
const SECOND = 'Where does it sit?';
let browser;
/** The address of a course that holds one document which is ready. */
let courseUrl;

before(async () => {
  browser = await launch();
  courseUrl = await courseWithLesson(browser, 'Talks');
});
after(() => browser?.close());

const atCourse = (options) => inCourse(browser, courseUrl, options);

const opener = (page) => page.getByRole('button', { name: /^Conversations/ });
const row = (page, title) => page.locator('#talks li', { hasText: title });

async function list(page) {
  if ((await opener(page).getAttribute('aria-expanded')) === 'false') await opener(page).click();
  await page.locator('#talks ul').waitFor();
}

/** Asks in a conversation of its own, and gives that a name of its own. */
async function begin(page, title) {
  await ask(page, FIRST);
  await list(page);
  await page
    .getByRole('button', { name: `Rename ${FIRST}` })
    .first()
    .click();
  await page.getByLabel('Title of the conversation').fill(title);
  await page.keyboard.press('Enter');
  await row(page, title).waitFor();
}

test('a conversation is begun, renamed, followed up, and is there for another browser', async () => {
  const page = await atCourse();
  await begin(page, 'Pigments');
  await page.locator('.bar', { hasText: 'Pigments' }).waitFor();
  await ask(page, SECOND);
  await row(page, 'Pigments').getByText('2 questions').waitFor();
  await close(page);

  const other = await atCourse();
  assert.equal(await other.locator('article').count(), 0, 'a new browser begins with a new conversation');
  await list(other);
  await row(other, 'Pigments').getByRole('link').click();
  await other.locator('article', { hasText: SECOND }).waitFor();
  assert.match(other.url(), /\/ask\/[0-9a-f-]{36}$/);
  assert.equal(await other.locator('article').count(), 2);
  const address = other.url();
  await other.goto('about:blank');
  await other.goto(address);
  await other.locator('article', { hasText: SECOND }).waitFor();
  await close(other);
});

test('a conversation is exported as Markdown, HTML and JSON', async () => {
  const page = await atCourse();
  await begin(page, 'To take home');
  for (const [label, ending, holds] of [
    ['Markdown', 'md', '[^1]: “'],
    ['HTML', 'html', 'id="note-1"'],
    ['JSON', 'json', '"turn_count": 1'],
  ]) {
    await row(page, 'To take home').locator('summary').click();
    const saved = page.waitForEvent('download');
    await row(page, 'To take home').getByRole('button', { name: label, exact: true }).click();
    const file = await saved;
    assert.equal(file.suggestedFilename(), `To take home.${ending}`);
    const text = readFileSync(await file.path(), 'utf8');
    assert.ok(text.includes(holds) && text.includes(FIRST), text);
  }
  await close(page);
});

test('a conversation is deleted, brought back, and deleted for good', async () => {
  const page = await atCourse();
  await begin(page, 'To be deleted');
  const remove = page.getByRole('button', { name: 'Delete To be deleted' });
  await remove.click();
  await page.locator('article').waitFor({ state: 'detached' });
  await row(page, 'To be deleted').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Undo' }).click();
  await row(page, 'To be deleted').waitFor();
  await page.locator('article', { hasText: FIRST }).waitFor();
  await remove.click();
  await deleteNow(page);
  await page.reload();
  await list(page);
  await page.locator('#talks').getByText('In this browser only').waitFor();
  assert.equal(await row(page, 'To be deleted').count(), 0);
  await close(page);
});

test('two windows in one conversation lose no turn', async () => {
  const page = await atCourse();
  await begin(page, 'Shared');
  await row(page, 'Shared').getByRole('link').click();
  await page.waitForURL(/\/ask\//);
  const other = await openPage(browser);
  await other.goto(page.url());
  await other.locator('article', { hasText: FIRST }).waitFor();
  await ask(other, 'What do mitochondria release?');
  await ask(page, SECOND);
  // The window learns of what the other asked.
  await page.locator('article', { hasText: 'What do mitochondria release?' }).waitFor();
  const asked = await page.locator('article h2').allInnerTexts();
  assert.deepEqual(
    asked.map((text) => text.replace(/^You asked:\s*/, '')),
    [FIRST, 'What do mitochondria release?', SECOND],
  );
  await close(other);
  await close(page);
});

test('one that was deleted meanwhile is told, and the next question begins another', async () => {
  const page = await atCourse();
  await page.goto(`${courseUrl}/ask/00000000-0000-0000-0000-000000000000`);
  await page.getByText('There is no conversation').waitFor();
  const turn = await ask(page, FIRST);
  assert.equal(await turn.getByText('could not be kept').count(), 0);
  await page.reload();
  await page.locator('article', { hasText: FIRST }).waitFor();
  await close(page);
});

test('what an earlier version kept in the browser goes on there, and nobody else sees it', async () => {
  const page = await atCourse();
  const course = courseUrl.split('/').at(-1);
  await page.evaluate((id) => {
    const turn = {
      question: 'An old question',
      mode: 'quote',
      text: 'Old.',
      sentences: [],
      citations: [],
      refused: false,
    };
    localStorage.setItem(
      `lectern-talk-${id}`,
      JSON.stringify([{ ...turn, seconds: 1, answerId: null, helpful: null }]),
    );
    localStorage.removeItem(`lectern-shown-${id}`);
  }, course);
  await page.goto('about:blank');
  await page.goto(courseUrl);
  await page.locator('article', { hasText: 'An old question' }).waitFor();
  await ask(page, 'What do mitochondria release by night?');
  await page.reload();
  await page.locator('article', { hasText: 'by night' }).waitFor();
  await list(page);
  assert.equal(await row(page, 'An old question').count(), 0);
  await page.getByRole('button', { name: 'New conversation' }).click();
  await page.locator('article').first().waitFor({ state: 'detached' });
  await list(page);
  await page.getByRole('button', { name: /^In this browser only/ }).click();
  await page.locator('article', { hasText: 'An old question' }).waitFor();
  await close(page);
});

for (const { tag, locale, colorScheme, width } of [
  { tag: 'en', locale: 'en-GB', colorScheme: 'dark', width: 390 },
  { tag: 'zh-Hant', locale: 'zh-TW', colorScheme: 'light', width: 1280 },
]) {
  test(`the list is sound and needs no mouse (${tag}, ${colorScheme}, ${width})`, async () => {
    const t = say(tag);
    const page = await openPage(browser, { locale, colorScheme, viewport: { width, height: 800 } });
    await page.goto(courseUrl);
    await page.locator('a.from').waitFor();
    await ask(page, `${FIRST} ${tag}`, t);
    const toggle = page.getByRole('button', { name: new RegExp(`^${t('talks.title')}`) });
    await toggle.focus();
    await page.keyboard.press('Enter');
    await row(page, `${FIRST} ${tag}`).waitFor();
    await row(page, `${FIRST} ${tag}`).locator('summary').focus();
    await page.keyboard.press('Enter');
    await row(page, `${FIRST} ${tag}`).getByRole('button', { name: 'Markdown' }).waitFor();
    assert.deepEqual(await violations(page), []);
    assert.equal(await overflow(page), 0);
    await page.keyboard.press('Escape');
    await page.locator('#talks').waitFor({ state: 'detached' });
    await focused(toggle);
    await close(page);
  });
}
