// The page in a browser, against a running Lectern: from a new course to the highlighted quote.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask, createCourse, launch, lesson, openPage, overflow, paper, upload, url, violations } from './browser.mjs';

const QUESTION = 'Which light does chlorophyll absorb?';
let browser;
/** The address of a course that holds one document which is ready. */
let courseUrl;

before(async () => {
  browser = await launch();
  const page = await openPage(browser);
  await createCourse(page, `Biology ${Date.now()}`);
  await upload(page, lesson());
  courseUrl = page.url();
  await page.context().close();
});
after(() => browser?.close());

async function inCourse(options) {
  const page = await openPage(browser, options);
  await page.goto(courseUrl);
  await page.locator('[data-phase=ready]').first().waitFor();
  return page;
}

test('a question is answered with a citation, and the citation opens the quoted words', async () => {
  const page = await inCourse();
  const turn = await ask(page, QUESTION);
  await turn.locator('.mark').first().click();
  const panel = page.getByRole('dialog');
  const cited = await panel.locator('blockquote').innerText();
  assert.ok(lesson().buffer.toString().includes(cited), `not verbatim: ${cited}`);
  assert.ok(cited.includes('absorbs red and blue'), cited);
  const highlight = panel.locator('.text mark').first();
  await highlight.waitFor();
  assert.equal((await panel.locator('.text mark').allInnerTexts()).join('\n\n'), cited);
  assert.ok(await highlight.isVisible());
  await page.keyboard.press('Escape');
  assert.equal(await panel.count(), 0);
  assert.equal(
    await turn
      .locator('.mark')
      .first()
      .evaluate((mark) => mark === document.activeElement),
    true,
  );
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('a PDF shows its page, and the quoted words are marked on it', async () => {
  const page = await openPage(browser);
  await createCourse(page, `Paper ${Date.now()}`);
  await upload(page, paper());
  const turn = await ask(page, QUESTION);
  await turn.locator('.mark').first().click();
  const sheet = page.locator('.sheet');
  const highlight = sheet.locator('.highlight').first();
  await highlight.waitFor();
  const picture = sheet.locator('img');
  await picture.evaluate((image) => image.decode());
  const [inner, outer] = [await highlight.boundingBox(), await picture.boundingBox()];
  assert.ok(inner.width > 20 && inner.height > 5, 'the mark has the size of words');
  assert.ok(inner.x >= outer.x && inner.x + inner.width <= outer.x + outer.width, 'the mark lies on the page');
  await page.getByRole('button', { name: 'Text', exact: true }).click();
  await page.locator('.text').getByText('absorbs red and blue').waitFor();
  await page.context().close();
});

test('many files go in at once, the same bytes are known again, and a document can be deleted', async () => {
  const page = await openPage(browser);
  await createCourse(page, `Many ${Date.now()}`);
  await upload(page, [lesson(2), lesson(3), lesson(4)]);
  assert.equal(await page.locator('[data-phase=ready]').count(), 3);
  await page.locator('input[type=file]').setInputFiles(lesson(2));
  await page.getByText('was here already').waitFor();
  assert.equal(await page.locator('[data-phase]').count(), 3);
  await page.getByRole('button', { name: `Delete ${lesson(3).name}` }).click();
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await page.locator('[data-phase]', { hasText: lesson(3).name }).waitFor({ state: 'detached' });
  await page.reload();
  await page.locator('[data-phase=ready]').first().waitFor();
  assert.equal(await page.locator('[data-phase]').count(), 2);
  await page.context().close();
});

test('a file that is no document is refused in words', async () => {
  const page = await inCourse();
  const buffer = Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0, 0, 0, 0xff, 0xfe, 0x00, 0x90]);
  await page
    .locator('input[type=file]')
    .setInputFiles({ name: 'program.bin', mimeType: 'application/octet-stream', buffer });
  const row = page.locator('[data-phase=failed]', { hasText: 'program.bin' });
  await row.waitFor({ timeout: 30_000 });
  assert.ok((await row.locator('.status').innerText()).split(' ').length > 3);
  await row.getByRole('button', { name: 'Delete program.bin' }).click();
  const sure = page.getByRole('button', { name: 'Delete', exact: true });
  if (await sure.count()) await sure.click();
  await row.waitFor({ state: 'detached' });
  await page.context().close();
});

test('the way from a question to its source needs no mouse', async () => {
  const page = await inCourse();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter'); // skip to the question
  assert.equal(await page.evaluate(() => document.activeElement.id), 'question');
  await page.keyboard.press('Tab'); // Ask is off while there is no question: the mode comes next
  await page.keyboard.press('ArrowRight');
  assert.equal(await page.evaluate(() => document.activeElement.value), 'quote');
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.type(QUESTION);
  await page.keyboard.press('Enter');
  const mark = page.locator('article .mark').first();
  await mark.waitFor({ timeout: 60_000 });
  await page.locator('article .time').waitFor();
  const onMark = () => mark.evaluate((element) => element === document.activeElement);
  for (let presses = 0; presses < 10 && !(await onMark()); presses += 1) await page.keyboard.press('Shift+Tab');
  assert.ok(await onMark(), 'the mark can be reached backwards from the question');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').locator('.text mark').first().waitFor();
  await page.keyboard.press('Escape');
  assert.ok(await onMark(), 'the focus is back on the mark');
  await page.context().close();
});

test('a phone shows everything without scrolling sideways', async () => {
  const page = await openPage(browser, { viewport: { width: 360, height: 740 }, hasTouch: true });
  assert.equal(await overflow(page), 0);
  await page.goto(courseUrl);
  const turn = await ask(page, QUESTION);
  assert.equal(await overflow(page), 0);
  await turn.locator('.mark').first().click();
  await page.getByRole('dialog').locator('.text mark').first().waitFor();
  assert.equal(await overflow(page), 0);
  await page.getByRole('button', { name: 'Close the source' }).click();
  await page.context().close();
});

test('the language can be changed, is remembered, and keeps the conversation', async () => {
  const page = await inCourse();
  await ask(page, QUESTION);
  await page.getByLabel('Language').selectOption('zh-Hant');
  await page.getByRole('button', { name: '提問', exact: true }).waitFor();
  assert.equal(await page.locator('html').getAttribute('lang'), 'zh-Hant');
  assert.equal(await page.locator('article', { hasText: QUESTION }).count(), 1);
  await page.reload();
  await page.getByRole('heading', { name: '文件' }).waitFor();
  await page.getByLabel('語言').selectOption('zh-Hans');
  await page.getByRole('button', { name: '提问', exact: true }).waitFor();
  await page.context().close();
});

test('a browser in Taiwan begins in Traditional Chinese', async () => {
  const page = await openPage(browser, { locale: 'zh-TW' });
  await page.getByRole('button', { name: '新增課程' }).waitFor();
  await page.context().close();
});

test('a lost server is told, and its return noticed', async () => {
  const page = await inCourse();
  await page.route('**/api/**', (route) => route.abort());
  await page.route('**/health/**', (route) => route.abort());
  await page.getByLabel('Your question').fill(QUESTION);
  await page.getByRole('button', { name: 'Ask', exact: true }).click();
  await page.getByText("Lectern can't be reached. What you see").waitFor();
  await page.unroute('**/api/**');
  await page.unroute('**/health/**');
  await page.getByRole('button', { name: 'Try now' }).click();
  await page.getByText("Lectern can't be reached. What you see").waitFor({ state: 'detached' });
  await page.context().close();
});

test('a server that wants a key is given one', async () => {
  const page = await openPage(browser, { viewport: { width: 900, height: 700 } });
  await page.route('**/api/v1/**', (route) => {
    if (route.request().headers().authorization === 'Bearer open-sesame') return route.continue();
    const problem = { type: 'about:blank', title: 'Unauthorized', status: 401, code: 'unauthorized', detail: 'A key.' };
    return route.fulfill({ status: 401, contentType: 'application/problem+json', body: JSON.stringify(problem) });
  });
  await page.goto(`${url}/`);
  await page.reload();
  await page.getByLabel('API key').fill('wrong');
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByText('That key was not accepted.').waitFor();
  assert.deepEqual(await violations(page), []);
  await page.getByLabel('API key').fill('open-sesame');
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('navigation', { name: 'Courses' }).waitFor();
  await page.context().close();
});

for (const colorScheme of ['light', 'dark']) {
  test(`axe-core finds nothing wrong (${colorScheme})`, async () => {
    const page = await openPage(browser, { colorScheme });
    assert.deepEqual(await violations(page), []);
    await page.goto(courseUrl);
    const turn = await ask(page, QUESTION);
    assert.deepEqual(await violations(page), []);
    await turn.locator('.mark').first().click();
    await page.getByRole('dialog').locator('.text mark').first().waitFor();
    assert.deepEqual(await violations(page), []);
    await page.setViewportSize({ width: 375, height: 700 });
    assert.deepEqual(await violations(page), []);
    await page.context().close();
  });
}
