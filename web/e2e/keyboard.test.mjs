// The whole tour without a mouse: every step is reached with Tab and done with Enter, blank, arrows and Escape.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { close, launch, openPage } from './browser.mjs';

const MOST_TABS = 120;
const plants = readFileSync(new URL('../../configs/sample/plants.md', import.meta.url));
let browser;

before(async () => (browser = await launch()));
after(() => browser?.close());

/** Presses Tab until this has the focus, which must be seen. */
async function reach(page, target, key = 'Tab') {
  const there = () => target.evaluate((element) => element === document.activeElement);
  await target.waitFor();
  for (let presses = 0; !(await there()); presses += 1) {
    assert.ok(presses < MOST_TABS, `${target} can't be reached with ${key}`);
    await page.keyboard.press(key);
  }
  const seen = await page.evaluate(() => {
    const visible = (element) => {
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      return outlineStyle !== 'none' && parseFloat(outlineWidth) > 0;
    };
    // A field may show its focus on its frame.
    const element = document.activeElement;
    return visible(element) || (element.parentElement !== null && visible(element.parentElement));
  });
  assert.ok(seen, `${target} has a focus that is not seen`);
}

async function press(page, target, key = 'Enter') {
  await reach(page, target);
  await page.keyboard.press(key);
}

test('a course, a file, a question, its source, a quiz: all by keyboard', async () => {
  const page = await openPage(browser);
  const button = (name) => page.getByRole('button', { name, exact: true });
  const link = (name) => page.getByRole('link', { name, exact: true });
  const field = page.getByLabel('Title of the new course');
  await button('New course').or(field).first().waitFor();
  if (await button('New course').count()) await press(page, button('New course'));
  await reach(page, field);
  await page.keyboard.type('By keyboard');
  await page.keyboard.press('Enter');
  await press(page, link('Material'));

  const chooser = page.waitForEvent('filechooser');
  await press(page, button('choose files'));
  await (await chooser).setFiles({ name: 'plants.md', mimeType: 'text/markdown', buffer: plants });
  await page.locator('[data-phase=ready]').waitFor({ timeout: 60_000 });
  await press(page, page.locator('[data-phase] button.name'));
  await page
    .getByRole('dialog')
    .getByText('Mitochondria')
    .or(page.getByRole('dialog').getByText('chloroplasts'))
    .first()
    .waitFor();
  await page.keyboard.press('Escape');

  await reach(page, link('Ask'), 'Shift+Tab');
  await page.keyboard.press('Enter');
  await reach(page, page.locator('#question'));
  await page.keyboard.type('Where does the oxygen of photosynthesis come from?');
  await page.keyboard.press('Enter');
  await page.locator('article .time').waitFor({ timeout: 120_000 });
  await reach(page, page.locator('article .mark').first(), 'Shift+Tab');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').locator('.text mark').first().waitFor();
  await page.keyboard.press('Escape');
  await press(page, button('Helpful'));
  await page.getByRole('button', { name: 'Helpful', exact: true, pressed: true }).waitFor();

  await reach(page, link('Quizzes'), 'Shift+Tab');
  await page.keyboard.press('Enter');
  await reach(page, page.getByLabel('Questions', { exact: true }));
  await page.keyboard.press('Control+a');
  await page.keyboard.type('3');
  await press(page, page.getByLabel('Cloze'), ' ');
  await press(page, button('Make the quiz'));
  await link('Take it as a student').waitFor({ timeout: 240_000 });

  const stem = await page.locator('#q1 .stem').innerText();
  await press(page, page.locator('#q1').getByRole('button', { name: 'Lock', exact: true }));
  await page.locator('#q1').getByText('Locked').waitFor();
  await press(page, page.locator('#q1').getByRole('button', { name: 'Move question 1 down' }));
  await page.locator('#q2 .stem', { hasText: stem.slice(0, 30) }).waitFor();
  const count = await page.locator('.question').count();
  await press(page, page.locator('#q2').getByRole('button', { name: 'Delete question 2' }));
  await page.locator(`#q${count}`).waitFor({ state: 'detached' });
  await page.keyboard.press('Control+z');
  await page.locator(`#q${count}`).waitFor();
  await page.locator('#q2 .stem', { hasText: stem.slice(0, 30) }).waitFor();

  await reach(page, link('Take it as a student'), 'Shift+Tab');
  await page.keyboard.press('Enter');
  await press(page, button('Hand in'));
  await page.getByText(/ of \d+ points/).waitFor();
  await press(page, link('Back to the questions'));
  const saved = page.waitForEvent('download');
  await press(page, button('Export'));
  assert.match((await saved).suggestedFilename(), /\.gift$/);
  await close(page);
});

test('a question is dragged to another place', async () => {
  const page = await openPage(browser);
  await page.getByRole('heading', { name: 'By keyboard' }).getByRole('link').first().click();
  await page.locator('.tabs [data-tab=quizzes]').click();
  await page.locator('main li a').first().click();
  await page.locator('#q2').waitFor();
  const first = await page.locator('#q1 .stem').innerText();
  const [from, to] = [await page.locator('#q1 .handle').boundingBox(), await page.locator('#q2').boundingBox()];
  await page.mouse.move(from.x + 10, from.y + 10);
  await page.mouse.down();
  await page.mouse.move(to.x + 50, to.y + 60, { steps: 5 });
  await page.mouse.up();
  await page.locator('#q2 .stem', { hasText: first.slice(0, 30) }).waitFor();
  await close(page);
});
