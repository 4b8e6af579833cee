// Quizzes in a browser, against a running Lectern: from asking for one to taking and exporting it.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import {
  close,
  createCourse,
  focused,
  launch,
  openPage,
  overflow,
  say,
  toTab,
  upload,
  url,
  violations,
} from './browser.mjs';

// A reader of GIFT that is not ours.
const gift = createRequire(import.meta.url)('gift-pegjs');
const sample = readFileSync(new URL('../../configs/sample/plants.md', import.meta.url));
/** Without line breaks and Markdown's marks, which the reader takes away. */
const bare = (text) => text.replace(/[\s*_`]/g, '');
const MADE_MS = 120_000;
/** An exam in GIFT with one part that is only half right, and an essay. */
const exam = [
  'Which pigment catches the energy of light in a leaf? {=chlorophyll ~carotene ~haemoglobin ~melanin}',
  'Who described the cycle in the stroma? {=Melvin Calvin =%50%Calvin}',
  'Describe a leaf. {}',
].join('\n\n');
/** A passage that holds several questions. */
const history =
  '# Mexico\n\nIn 1821 Mexico became a free country. In 1845 Texas joined the United States. In 1848 the war with Mexico ' +
  'came to an end. The army of General Winfield Scott took the capital with 12,000 soldiers.\n';
const file = (name, text) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(text) });
const importer = (page) => page.locator('main input[type=file]');
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

/** The address of the course's quizzes. */
const listUrl = () => quizUrl.replace(/\/[^/]+$/, '');

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
  await focused(card.locator('.evidence').first());
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
  // What is not asked needs no new proof; a screen reader hears what changed.
  assert.equal(await card.locator('.change').innerText(), 'Changed: explanation and tags.');
  await page.getByRole('status').filter({ hasText: 'Question 1: Changed: explanation and tags.' }).waitFor();
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
  await page.getByRole('button', { name: 'Take it again' }).click();
  await page.getByRole('button', { name: 'Hand in' }).click();
  await page.getByText(/^0 of \d+ points/).waitFor();
  await page.getByRole('link', { name: 'Back to the questions' }).click();
  await page.locator('.card').first().waitFor();
  await close(page);
});

test('a reading set shows its passage once before its questions, to the teacher, the student and on paper', async () => {
  const page = await openPage(browser);
  await createCourse(page, `Sets ${Date.now()}`);
  await upload(page, { name: 'history.md', mimeType: 'text/markdown', buffer: Buffer.from(history) });
  await toTab(page, 'quizzes');
  await page.getByLabel('Questions', { exact: true }).fill('4');
  await page.getByLabel('Cloze').check();
  await page.getByLabel('Reading sets').selectOption({ label: '2 questions on each passage' });
  await page.getByRole('button', { name: 'Make the quiz' }).click();
  await page.getByRole('link', { name: 'Take it as a student' }).waitFor({ timeout: MADE_MS });
  const set = page.url();
  for (const way of ['', '/take', '/print']) {
    await page.goto(set + way);
    const passage = page.locator('figure blockquote').first();
    await passage.waitFor();
    assert.ok(bare(history).includes(bare(await passage.innerText())), 'the passage is not verbatim');
    const passages = await page.locator('figure blockquote').count();
    const questions = await page
      .locator(['.card', 'fieldset legend', '.question'][['', '/take', '/print'].indexOf(way)])
      .count();
    assert.ok(passages * 2 <= questions && questions <= 4, `${passages} passages, ${questions} questions`);
    assert.deepEqual(await violations(page), []);
  }
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

test('a malformed import says line and reason, in Chinese too', async () => {
  for (const [locale, tag] of [
    ['en-GB', 'en'],
    ['zh-TW', 'zh-Hant'],
  ]) {
    const [page, t] = [await openPage(browser, { locale }), say(tag)];
    await page.goto(listUrl());
    await importer(page).setInputFiles(file('bad.gift', `${exam}\n\nBroken {= ~x}`));
    const note = page.getByRole('alert');
    await note.getByText(t('problem.line', { line: 7 })).waitFor();
    await note.getByText(t('fault.answerEmpty', { sign: '=' })).waitFor();
    assert.deepEqual(await violations(page), []);
    await close(page);
  }
});

test('an imported question is proven by the sentence its teacher picks, and an edit says what it broke', async () => {
  const page = await openPage(browser);
  await page.goto(listUrl());
  await importer(page).setInputFiles(file('exam.gift', exam));
  const left = page.getByRole('status').filter({ hasText: '2 things in the file have no place here' });
  await left.getByText('Line 3:').waitFor();
  await left.getByText('Line 5:').waitFor();
  await page.getByRole('button', { name: 'Dismiss' }).press('Enter');
  await left.waitFor({ state: 'detached' });

  const card = page.locator('#q1');
  await card.getByRole('button', { name: 'Choose the passage that proves it' }).press('Enter');
  await card.getByRole('checkbox', { name: 'with a pigment named chlorophyll' }).press('Space');
  assert.deepEqual(await violations(page), []);
  await card.getByRole('button', { name: 'Use and check' }).press('Enter');
  await page
    .getByRole('status')
    .filter({ hasText: 'Question 1: Changed: evidence. Checked again: now proven.' })
    .waitFor();
  await focused(card.getByRole('button', { name: 'Edit' }));
  await card.locator('.evidence').click();
  await page.getByRole('dialog').locator('.text mark', { hasText: 'a pigment named chlorophyll.' }).waitFor();
  await page.keyboard.press('Escape');

  await card.getByRole('button', { name: 'Edit' }).click();
  await card.getByLabel('Option 1', { exact: true }).fill('xanthophyll');
  await card.getByRole('button', { name: 'Save and check' }).click();
  await card.getByText('Changed: options and key. Checked again: no longer proven.').waitFor();
  await card.locator('.change li.bad', { hasText: 'The key is supported by the cited words' }).waitFor();
  assert.deepEqual(await violations(page), []);
  await close(page);
});

test('questions are found in the bank, tagged and put into quizzes, by keyboard', async () => {
  const page = await openPage(browser);
  await page.goto(listUrl());
  await page.getByRole('link', { name: 'Question bank' }).press('Enter');
  const rows = page.locator('main li');
  await rows.first().waitFor();
  const all = await rows.count();
  await page.getByLabel('Words').fill('stroma?');
  await page.keyboard.press('Enter');
  await page.getByRole('status').filter({ hasText: '1 question found' }).waitFor({ state: 'attached' });
  await page.getByRole('button', { name: 'Add tags' }).press('Enter');
  await page.getByLabel('Tags, with commas between').fill('exam, names');
  await page.keyboard.press('Enter');
  await rows.getByRole('button', { name: 'names', exact: true }).waitFor();
  await page.getByLabel('Words').fill('');
  await page.getByLabel('Kind').selectOption('short_answer');
  await page.getByLabel('Tag', { exact: true }).fill('names');
  await page.keyboard.press('Enter');
  await page.getByRole('status').filter({ hasText: '1 question found' }).waitFor({ state: 'attached' });
  await rows.getByRole('checkbox').press('Space');

  // What is chosen stays so when others are looked for.
  await page.getByLabel('Kind').selectOption('');
  await page.getByLabel('Tag', { exact: true }).fill('');
  await page.keyboard.press('Enter');
  await rows.nth(all - 1).waitFor();
  await rows.first().getByRole('checkbox').press('Space');
  await page.getByText('2 chosen').waitFor();
  assert.deepEqual(await violations(page), []);
  await page.getByLabel('Title of the quiz').fill('Mid-term');
  await page.keyboard.press('Enter');
  await page.getByText('2 questions added to “Mid-term”. Checked there: 1 proven.').waitFor({ timeout: MADE_MS });
  assert.equal(await rows.count(), all, 'copies of a question stand in the bank once');
  await page.getByRole('link', { name: 'Open the quiz' }).press('Enter');
  await page.locator('#q2').waitFor();
  assert.equal(await page.locator('.card').count(), 2);

  await page.getByRole('link', { name: 'Add questions from the bank' }).press('Enter');
  await rows.first().getByText('In this quiz').waitFor();
  assert.ok(await rows.first().getByRole('checkbox').isDisabled());
  await rows.nth(1).getByRole('checkbox').press('Space');
  await page.getByRole('button', { name: 'Add to the quiz' }).press('Enter');
  await page.getByText('1 question added to “Mid-term”.').waitFor({ timeout: MADE_MS });
  await page.getByRole('link', { name: 'Back to the questions' }).press('Enter');
  await page.locator('#q3').waitFor();
  await close(page);
});

test('what few quizzes need is sent where it was asked for, and the draw can be repeated', async () => {
  const page = await openPage(browser);
  await page.goto(listUrl());
  await page.getByLabel('Questions', { exact: true }).fill('1');
  await page.getByText('More settings').press('Enter');
  await page.getByLabel('What it asks for').selectOption('recall');
  await page.getByLabel('Language of the passages').selectOption('en');
  await page.getByLabel('Draw number').fill('42');
  await page.getByLabel('Take over questions from exam papers').check();
  await page.getByRole('button', { name: 'Make the quiz' }).click();
  await page.getByRole('link', { name: 'Take it as a student' }).waitFor({ timeout: MADE_MS });
  const id = page.url().split('/').at(-1);
  const { request } = await (await fetch(`${url}/api/v1/quizzes/${id}`)).json();
  const { level, language, seed, reuse_items } = request;
  assert.deepEqual([level, language, seed, reuse_items], ['recall', 'en', 42, true]);
  await page.getByText('Draw number: 42').waitFor();
  await close(page);
});

test("a course's model can be chosen where there is one to choose", async () => {
  const page = await atQuiz();
  const course = listUrl().replace(/\/quizzes$/, '');
  const offered = page.waitForResponse('**/v1/models');
  await page.goto(course);
  await (await offered).finished();
  await page.getByRole('button', { name: 'Rename' }).waitFor();
  assert.equal(await page.getByLabel('Model').count(), 0, 'without adapters there is no choice');
  const ids = ['generator', 'biology', 'embedder'];
  await page.route('**/v1/models', (route) => route.fulfill({ json: { data: ids.map((id) => ({ id })) } }));
  await page.reload();
  await page.getByLabel('Model').selectOption('biology');
  // This server has none of that name: it says so, and the choice is as it was.
  await page.getByRole('alert').getByText('biology').waitFor();
  assert.equal(await page.getByLabel('Model').inputValue(), 'generator');
  assert.deepEqual(await violations(page), []);
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
    await page.goto(listUrl());
    await page.locator('form details summary').last().click();
    assert.deepEqual(await violations(page), []);
    assert.equal(await overflow(page), 0);
    await page.goto(`${listUrl()}/bank`);
    await page.locator('main li input').first().check();
    await page.locator('main li').first().getByRole('button').last().click();
    assert.deepEqual(await violations(page), []);
    assert.equal(await overflow(page), 0);
    assert.ok(page.url().startsWith(url));
    await close(page);
  });
}
