// The page in a browser, against a running Lectern: from a new course to the highlighted quote.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  answered,
  ask,
  close,
  coloursIn,
  courseWithLesson,
  createCourse,
  deleteNow,
  focused,
  inCourse,
  launch,
  lesson,
  openPage,
  overflow,
  paper,
  picker,
  say,
  toTab,
  upload,
  url,
  violations,
} from './browser.mjs';

const QUESTION = 'Which light does chlorophyll absorb?';
let browser;
/** The address of a course that holds one document which is ready. */
let courseUrl;

before(async () => {
  browser = await launch();
  courseUrl = await courseWithLesson(browser, 'Biology');
});
after(() => browser?.close());

const atCourse = (options) => inCourse(browser, courseUrl, options);

test('a question is answered with a citation, and the citation opens the quoted words', async () => {
  const page = await atCourse();
  const turn = await ask(page, QUESTION);
  await turn.locator('.mark').first().click();
  const panel = page.getByRole('dialog');
  await panel.waitFor();
  const clicked = await turn.locator('.mark').first().boundingBox();
  assert.ok(clicked.y > 50 && clicked.y < 750, 'what was clicked stays in sight');
  const cited = await panel.locator('blockquote').innerText();
  assert.ok(lesson().buffer.toString().includes(cited), `not verbatim: ${cited}`);
  assert.ok(cited.includes('absorbs red and blue'), cited);
  const highlight = panel.locator('.text mark').first();
  await highlight.waitFor();
  assert.equal((await panel.locator('.text mark').allInnerTexts()).join('\n\n'), cited);
  assert.ok(await highlight.isVisible());
  await page.keyboard.press('Escape');
  await panel.waitFor({ state: 'detached' });
  await focused(turn.locator('.mark').first());
  await close(page);
});

test('a PDF shows its page, and the quoted words are marked on it', async () => {
  const page = await openPage(browser);
  await createCourse(page, `Paper ${Date.now()}`);
  await upload(page, paper());
  await toTab(page, 'ask');
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
  const seen = await coloursIn(page, inner);
  assert.ok(seen.yellow > 40 && seen.ink > 3, `the mark lies on words: ${JSON.stringify(seen)}`);
  await page.getByRole('button', { name: 'Text', exact: true }).click();
  await page.locator('.text').getByText('absorbs red and blue').waitFor();
  await close(page);
});

test('many files go in at once, the same bytes are known again, and a document can be deleted', async () => {
  const page = await openPage(browser);
  await createCourse(page, `Many ${Date.now()}`);
  await upload(page, [lesson(2), lesson(3), lesson(4)]);
  assert.equal(await page.locator('[data-phase=ready]').count(), 3);
  await picker(page).setInputFiles(lesson(2));
  await page.getByText('was here already').waitFor();
  assert.equal(await page.locator('[data-phase]').count(), 3);
  await page.getByRole('button', { name: `Delete ${lesson(3).name}` }).click();
  await page.locator('[data-phase]', { hasText: lesson(3).name }).waitFor({ state: 'detached' });
  await deleteNow(page);
  await page.reload();
  await page.locator('[data-phase=ready]').first().waitFor();
  assert.equal(await page.locator('[data-phase]').count(), 2);
  await close(page);
});

/** Waits until the server has no other document in a course. */
async function onlyDocument(course, name) {
  for (const end = Date.now() + 15_000; Date.now() < end; await sleep(200)) {
    const { documents } = await (await fetch(`${url}/api/v1/courses/${course}/documents`)).json();
    if (documents.length === 1 && documents[0].name === name) return;
  }
  assert.fail(`${name} is not alone`);
}

test('a deletion can be undone, and leaving the page makes it final', async () => {
  const page = await openPage(browser);
  await createCourse(page, `Undo ${Date.now()}`);
  await upload(page, [lesson(12), lesson(13)]);
  const row = page.locator('[data-phase]', { hasText: lesson(12).name });
  await page.getByRole('button', { name: `Delete ${lesson(12).name}` }).click();
  await row.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Undo' }).click();
  await row.waitFor();
  await page.getByRole('button', { name: `Delete ${lesson(12).name}` }).click();
  await page.keyboard.press('Control+z');
  await row.waitFor();
  await page.getByRole('button', { name: `Delete ${lesson(12).name}` }).click();
  const course = page.url();
  await page.goto('about:blank');
  await onlyDocument(course.split('/').at(-2), lesson(13).name);
  await page.goto(course);
  await page.locator('[data-phase=ready]', { hasText: lesson(13).name }).waitFor();
  assert.equal(await row.count(), 0);
  await close(page);
});

test('a locked PDF asks for its password, and opens with it', async () => {
  const page = await openPage(browser);
  await createCourse(page, `Locked ${Date.now()}`);
  await toTab(page, 'material');
  await picker(page).setInputFiles(fileURLToPath(new URL('../../tests/fixtures/encrypted.pdf', import.meta.url)));
  const field = page.getByLabel('Password of encrypted.pdf');
  await field.waitFor({ timeout: 30_000 });
  await field.fill('wrong');
  await page.getByRole('button', { name: 'Unlock' }).click();
  await page.getByText('That password does not open the document.').waitFor({ timeout: 30_000 });
  await field.fill('lectern');
  await field.press('Enter');
  await page.locator('[data-phase=ready]', { hasText: 'encrypted.pdf' }).waitFor({ timeout: 30_000 });
  await close(page);
});

test('a document is replaced once its successor is ready', async () => {
  const page = await openPage(browser);
  await createCourse(page, `Replace ${Date.now()}`);
  await upload(page, lesson(21));
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: `Replace ${lesson(21).name}` }).click();
  await (await chooser).setFiles(lesson(22));
  await page.locator('[data-phase=ready]', { hasText: lesson(22).name }).waitFor({ timeout: 60_000 });
  await page.locator('[data-phase]', { hasText: lesson(21).name }).waitFor({ state: 'detached' });
  await close(page);
});

test('the material is searched, previewed and its names are shown as they are', async () => {
  const page = await openPage(browser);
  await createCourse(page, `Names ${Date.now()} <b>bold</b>`);
  const [markup, hebrew] = ['<img src=x onerror=alert(1)>.md', 'שיעור.md'];
  await upload(page, [
    { ...lesson(31), name: markup },
    { ...lesson(32), name: hebrew },
  ]);
  assert.equal(await page.locator('[data-phase] img').count(), 0);
  await page.getByRole('button', { name: hebrew }).first().click();
  await page.getByRole('dialog').getByText('Mitochondria').waitFor();
  await page.getByRole('dialog').getByRole('button', { name: 'Contents' }).click();
  await page.getByRole('navigation', { name: 'Contents' }).getByText('Respiration').click();
  await page.getByRole('dialog').getByRole('button', { name: 'Search', exact: true }).click();
  await focused(page.getByRole('searchbox', { name: 'Search this document' }));
  await page.keyboard.type('mitochondria');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').locator('ol button', { hasText: 'release the energy' }).first().click();
  await page.getByRole('dialog').locator('.text mark', { hasText: 'Mitochondria' }).first().waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('searchbox', { name: 'Search this material' }).fill('chlorophyll');
  await page.keyboard.press('Enter');
  await page.locator('main ol button', { hasText: 'reflects green light' }).first().click();
  await page.getByRole('dialog').locator('.text mark').first().waitFor();
  await close(page);
});

test('long names, long questions and right-to-left text fit a phone', async () => {
  const page = await openPage(browser, { viewport: { width: 390, height: 844 } });
  await createCourse(page, `Odd ${Date.now()} שלום`);
  const long = 'Why is it that the plants which we see in the fields are green? '.repeat(40).slice(0, 2000);
  await upload(page, [
    { ...lesson(41), name: `${'a-long-name-'.repeat(16)}.md` },
    {
      name: 'שיעור.txt',
      mimeType: 'text/plain',
      buffer: Buffer.from('הכלורופיל בולע אור אדום וכחול ומחזיר אור ירוק.'),
    },
  ]);
  assert.equal(await overflow(page), 0);
  await toTab(page, 'ask');
  await page.getByLabel('Your question').fill(long);
  await page.getByText('2,000 of 2,000 characters').waitFor();
  const turn = await ask(page, long);
  assert.equal(await overflow(page), 0);
  const height = () => turn.locator('h2').evaluate((asked) => asked.clientHeight);
  assert.ok((await height()) < 150, 'a long question is cut');
  await turn.getByRole('button', { name: 'Show the whole question' }).click();
  assert.ok((await height()) > 600, 'and shown whole on request');
  const answer = (await ask(page, 'איזה אור בולע הכלורופיל?')).locator('.answer');
  assert.equal(await answer.evaluate((text) => getComputedStyle(text).direction), 'rtl');
  await close(page);
});

test('the conversation is there after a reload; it can be rated, copied, left for a new one and opened again', async () => {
  const page = await atCourse({ permissions: ['clipboard-read', 'clipboard-write'] });
  await page.getByRole('heading', { name: 'To begin with' }).waitFor();
  const turn = await ask(page, QUESTION);
  await answered(page, 'PATCH', () => turn.getByRole('button', { name: 'Helpful', exact: true }).click());
  await page.reload();
  await turn.getByRole('button', { name: 'Helpful', exact: true, pressed: true }).waitFor();
  await turn.getByRole('button', { name: 'Copy with sources' }).click();
  await turn.getByRole('button', { name: 'Copied' }).waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(copied, /\[1\] “.*absorbs red and blue.*photosynthesis-1\.md, § Photosynthesis › Chlorophyll\)/s);
  await page.getByRole('button', { name: 'New conversation' }).click();
  await turn.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Conversations' }).click();
  await page.getByRole('link', { name: QUESTION }).first().click();
  await turn.waitFor();
  await close(page);
});

test('how an answer came about is shown on request', async () => {
  const page = await atCourse();
  const turn = await ask(page, QUESTION, undefined, 'ask.modeAnswer');
  await turn.getByText('How this answer came about').click();
  const how = turn.locator('.how');
  await how.getByText(QUESTION, { exact: true }).waitFor();
  await how.locator('summary', { hasText: 'photosynthesis-1.md' }).first().click();
  await how.locator('.words', { hasText: 'Leaves look green' }).first().waitFor();
  await how.locator('summary', { hasText: 'Prompt 1: an answer was written from it' }).click();
  await how.getByText('Use only the passages.').first().waitFor();
  assert.deepEqual(await violations(page), []);
  await page.reload();
  await turn.getByText('How this answer came about').click();
  await how.getByText(QUESTION, { exact: true }).waitFor();
  const quoted = await ask(page, 'Where does the pigment sit?');
  await quoted.getByText('How this answer came about').press('Enter');
  await quoted.getByText('No model was asked').waitFor();
  await close(page);
});

test('what was asked is summed up, and what the page did is shown as commands', async () => {
  const page = await atCourse();
  await ask(page, QUESTION);
  await ask(page, 'Who won the football world cup in 1998?');
  await toTab(page, 'insight');
  const gaps = page.locator('section', { hasText: 'What the material does not say' });
  await gaps.getByText('Who won the football world cup').waitFor();
  await page.getByRole('link', { name: 'API', exact: true }).click();
  await page.locator('pre', { hasText: '/ask' }).first().waitFor();
  assert.match(
    await page.locator('pre', { hasText: '/ask' }).first().innerText(),
    /^curl http.*-d '\{"question":"Who won/s,
  );
  await page.getByRole('link', { name: 'Status', exact: true }).click();
  await page.getByText('in use').first().waitFor();
  await close(page);
});

test('what another tab did to the course is seen when this one is looked at again', async () => {
  const page = await openPage(browser);
  const title = `Two tabs ${Date.now()}`;
  await createCourse(page, title);
  const other = await page.context().newPage();
  await other.goto(page.url());
  await upload(other, lesson(51));
  // Chromium without a window hides no tab: what the page would hear is told to it.
  const lookAgain = () => page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await toTab(page, 'material');
  await lookAgain();
  await page.locator('[data-phase=ready]').waitFor();
  await other.getByRole('button', { name: 'Rename' }).click();
  await other.getByLabel('Title of the course').fill(`${title} b`);
  await answered(other, 'PATCH', () => other.keyboard.press('Enter'));
  await lookAgain();
  await page.getByRole('heading', { level: 1, name: `${title} b` }).waitFor();
  await other.getByRole('button', { name: 'Delete', exact: true }).click();
  await deleteNow(other);
  await lookAgain();
  await page.getByText('This course is not there.').waitFor();
  await close(page);
});

test('a course is renamed and deleted, and both can be taken back', async () => {
  const page = await openPage(browser);
  const title = `Rename ${Date.now()}`;
  await createCourse(page, title);
  await page.getByRole('button', { name: 'Rename' }).click();
  await page.getByLabel('Title of the course').fill(`${title} b`);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: `${title} b` }).waitFor();
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await page.getByRole('heading', { name: 'What to do next' }).waitFor();
  assert.equal(await page.getByRole('link', { name: `${title} b` }).count(), 0);
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.getByRole('heading', { level: 1, name: `${title} b` }).waitFor();
  await page.goBack();
  await page.getByRole('heading', { name: 'What to do next' }).waitFor();
  await close(page);
});

test('a file that is no document is refused in words', async () => {
  const page = await atCourse();
  const buffer = Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0, 0, 0, 0xff, 0xfe, 0x00, 0x90]);
  await toTab(page, 'material');
  await picker(page).setInputFiles({ name: 'program.bin', mimeType: 'application/octet-stream', buffer });
  const row = page.locator('[data-phase=failed]', { hasText: 'program.bin' });
  await row.waitFor({ timeout: 30_000 });
  assert.ok((await row.locator('.status').innerText()).split(' ').length > 3);
  await row.getByRole('button', { name: 'Delete program.bin' }).click();
  await row.waitFor({ state: 'detached' });
  await close(page);
});

test('the way from a question to its source needs no mouse', async () => {
  const page = await atCourse();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter'); // skip to the question
  await focused(page.locator('#question'));
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
  await close(page);
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
  await close(page);
});

test('the language can be changed, is remembered, and keeps the conversation', async () => {
  const page = await atCourse();
  await ask(page, QUESTION);
  await page.getByLabel('Language').selectOption('zh-Hant');
  await page.getByRole('button', { name: '提問', exact: true }).waitFor();
  assert.equal(await page.locator('html').getAttribute('lang'), 'zh-Hant');
  assert.equal(await page.locator('article', { hasText: QUESTION }).count(), 1);
  await page.reload();
  await page.getByRole('link', { name: '教材', exact: true }).waitFor();
  await page.getByLabel('語言').selectOption('zh-Hans');
  await page.getByRole('button', { name: '提问', exact: true }).waitFor();
  await close(page);
});

test('a browser in Taiwan begins in Traditional Chinese', async () => {
  const page = await openPage(browser, { locale: 'zh-TW' });
  await page.getByText('新增課程').first().waitFor();
  await close(page);
});

test('a lost server is told, and its return noticed', async () => {
  const page = await atCourse();
  await page.route('**/api/**', (route) => route.abort());
  await page.route('**/health/**', (route) => route.abort());
  await page.getByLabel('Your question').fill(QUESTION);
  await page.getByRole('button', { name: 'Ask', exact: true }).click();
  await page.getByText("Lectern can't be reached. What you see").waitFor();
  await page.unroute('**/api/**');
  await page.unroute('**/health/**');
  // It may have been noticed before the button is pressed.
  const noticed = page.getByText("Lectern can't be reached. What you see").waitFor({ state: 'detached' });
  await Promise.race([page.getByRole('button', { name: 'Try now' }).click(), noticed]);
  await noticed;
  await close(page);
});

test('what is being read is followed to its end, though the server was lost meanwhile', async () => {
  const page = await openPage(browser);
  await createCourse(page, `Lost ${Date.now()}`);
  await toTab(page, 'material');
  const lost = (route) => (route.request().method() === 'GET' ? route.abort() : route.continue());
  await page.route('**/api/**', lost);
  await page.route('**/health/**', (route) => route.abort());
  await answered(page, 'POST', () => picker(page).setInputFiles(lesson(61)));
  await page.getByText("Lectern can't be reached. What you see").waitFor();
  assert.equal(await page.locator('[data-phase=ready]').count(), 0);
  await page.unroute('**/api/**');
  await page.unroute('**/health/**');
  await page.locator('[data-phase=ready]', { hasText: lesson(61).name }).waitFor({ timeout: 60_000 });
  await page.getByText("Lectern can't be reached. What you see").waitFor({ state: 'detached' });
  await close(page);
});

test('a busy server is asked again when it said, and told where it stays so', async () => {
  const page = await atCourse();
  const busy = { type: 'about:blank', title: 'Busy', status: 503, code: 'generator_busy', detail: 'Try again soon.' };
  const refuse = (route) =>
    route.fulfill({
      status: 503,
      contentType: 'application/problem+json',
      headers: { 'retry-after': '1' },
      json: busy,
    });
  await page.route('**/ask', refuse, { times: 1 });
  const turn = await ask(page, QUESTION);
  assert.equal(await turn.getByRole('alert').count(), 0);
  await page.route('**/ask', refuse);
  await page.getByLabel('Your question').fill('Where does the pigment sit?');
  await page.getByRole('button', { name: 'Ask', exact: true }).click();
  const refused = page.locator('article', { hasText: 'Where does the pigment sit?' });
  await refused.getByRole('alert').getByText('Try again soon.').waitFor();
  await page.unroute('**/ask');
  await refused.getByRole('button', { name: 'Ask again' }).click();
  await refused.locator('.time').waitFor({ timeout: 120_000 });
  await close(page);
});

test('a file over the limit is told with what to do, in Chinese too', async () => {
  const page = await openPage(browser, { locale: 'zh-TW' });
  const t = say('zh-Hant');
  await createCourse(page, `大 ${Date.now()}`, t);
  await toTab(page, 'material');
  const problem = {
    type: 'about:blank',
    title: 'Too large',
    status: 413,
    code: 'file_too_large',
    detail: 'Over the limit.',
  };
  await page.route('**/documents', (route) => {
    if (route.request().method() !== 'POST') return route.continue();
    return route.fulfill({ status: 413, contentType: 'application/problem+json', json: problem });
  });
  await picker(page).setInputFiles(lesson(62));
  await page.locator('[data-phase=failed]').getByText(t('problem.file_too_large')).waitFor();
  await close(page);
});

test('a view that could not be fetched is fetched again, and a page that is outdated is reloaded', async () => {
  const page = await atCourse();
  const view = '**/assets/Quizzes-*.js';
  await page.route(view, (route) => route.abort());
  await page.route('**/health/**', (route) => route.abort());
  await page.locator('.tabs [data-tab=quizzes]').click();
  await page.locator('main').getByText("Lectern can't be reached.").waitFor();
  await page.unroute('**/health/**');
  await page.locator('main').getByText('Lectern was updated').waitFor();
  await page.unroute(view);
  await page.locator('main').getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('button', { name: 'Make the quiz' }).waitFor();
  await close(page);
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
  await close(page);
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
    await close(page);
  });
}
