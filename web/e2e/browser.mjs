// Starts the browser and holds the steps that the tests share. LECTERN_URL names a running server.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

export const url = process.env.LECTERN_URL;
if (!url) throw new Error('Set LECTERN_URL to a running Lectern, for example http://127.0.0.1:8080');

const ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
/** Reading and indexing a small file, with the models already there. */
export const READY_MS = Number(process.env.LECTERN_E2E_READY_MS ?? 60_000);
/** How many times slower the pages' processor is made: what passes at 4 passes on a busy machine. */
const slow = Number(process.env.LECTERN_E2E_SLOW ?? 1);
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const launch = () =>
  chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ARGS, headless: true });

export const quote = 'Chlorophyll absorbs red and blue light and reflects green light.';

/** A small Markdown file. The number makes its bytes new to the course. */
export const lesson = (number = 1) => ({
  name: `photosynthesis-${number}.md`,
  mimeType: 'text/markdown',
  buffer: Buffer.from(
    [
      '# Photosynthesis',
      `Lesson ${number}. Plants make sugar from water and carbon dioxide. 植物行光合作用。`,
      '## Chlorophyll',
      `Leaves look green for a reason. ${quote} The pigment sits in the chloroplasts.`,
      '## Respiration',
      'Mitochondria release the energy that is stored in sugar, by day and by night.',
    ].join('\n\n'),
  ),
});

/** A page with its own storage, in English. `close` fails where its script did, or where it asked another host. */
export async function openPage(browser, options = {}) {
  const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  page.faults = [];
  page.on('pageerror', (error) => page.faults.push(error.message));
  page.on('console', (said) => /Content Security Policy/.test(said.text()) && page.faults.push(said.text()));
  context.on('request', (request) => {
    const there = request.url();
    if (/^https?:/.test(there) && new URL(there).origin !== new URL(url).origin) page.faults.push(`asked ${there}`);
  });
  if (slow > 1) {
    const session = await context.newCDPSession(page);
    await session.send('Emulation.setCPUThrottlingRate', { rate: slow });
  }
  await page.goto(url);
  return page;
}

export async function close(page) {
  assert.deepEqual(page.faults, []);
  await page.context().close();
}

/** The page's words in a language of the catalogues: `say('zh-Hant')('ask.send')`. */
export function say(tag) {
  const words = JSON.parse(readFileSync(new URL(`../src/messages/${tag}.json`, import.meta.url), 'utf8'));
  return (key, values = {}) => {
    const [group, name] = key.split('.');
    return words[group][name].replace(/\{\{(\w+)\}\}/g, (_, value) => values[value]);
  };
}
const english = say('en');

export async function createCourse(page, title, t = english) {
  const opener = page.getByRole('button', { name: t('courses.new') });
  const field = page.getByLabel(t('courses.newTitle'));
  await opener.or(field).first().waitFor();
  if (await opener.count()) await opener.click();
  await field.fill(title);
  await page.getByRole('button', { name: t('courses.create') }).click();
  await page.getByRole('heading', { level: 1, name: title }).waitFor();
}

/** A course with one lesson that is ready; returns the address of its tab for questions. */
export async function courseWithLesson(browser, title) {
  const page = await openPage(browser);
  await createCourse(page, `${title} ${Date.now()}`);
  await upload(page, lesson());
  await toTab(page, 'ask');
  const address = page.url();
  await close(page);
  return address;
}

/** A page in a course, once questions can be asked there. */
export async function inCourse(browser, address, options) {
  const page = await openPage(browser, options);
  await page.goto(address);
  await page.locator('a.from').waitFor();
  return page;
}

/** Goes to a tab of the course: `ask`, `material`, `quizzes` or `insight`. */
export async function toTab(page, tab) {
  await page.locator(`.tabs [data-tab=${tab}]`).click();
  await page.locator(`.tabs [data-tab=${tab}][aria-current=page]`).waitFor();
}

export const picker = (page) => page.locator('input[type=file][multiple]');

/** Uploads on the tab for material, and stays there. */
export async function upload(page, files) {
  await toTab(page, 'material');
  await picker(page).setInputFiles(files);
  for (const file of [files].flat()) {
    await page.locator('[data-phase=ready]', { hasText: file.name }).waitFor({ timeout: READY_MS });
  }
}

/** Asks for a quote: that needs no language model. Returns the turn. */
export async function ask(page, question, t = english, mode = 'ask.modeQuote') {
  await page.locator('.mode', { hasText: t(mode) }).click();
  await page.getByLabel(t('ask.label')).fill(question);
  await page.getByRole('button', { name: t('ask.send'), exact: true }).click();
  const turn = page.locator('article', { hasText: question }).last();
  await turn.locator('.time').waitFor({ timeout: 120_000 });
  return turn;
}

/** Does what sends a request of this method, and waits for its answer. */
export async function answered(page, method, act) {
  const answer = page.waitForResponse((response) => response.request().method() === method);
  await act();
  await answer;
}

/** Ends the offer to undo; what was deleted is then gone from the server as well. */
export const deleteNow = (page, t = english) =>
  answered(page, 'DELETE', () => page.getByRole('button', { name: t('undo.dismiss') }).click());

/** Waits until this has the focus. */
export async function focused(target) {
  const [page, element] = [target.page(), await target.elementHandle()];
  await page.waitForFunction((wanted) => wanted === document.activeElement, element, { timeout: 10_000 });
}

export const overflow = (page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** What axe-core finds wrong, one line each, once no colour is on its way to another. */
export async function violations(page) {
  await page.evaluate(() => {
    const endless = (animation) => animation.effect.getComputedTiming().iterations === Infinity;
    const running = document.getAnimations().filter((animation) => !endless(animation));
    return Promise.allSettled(running.map(({ finished }) => finished));
  });
  await page.evaluate(axeSource);
  const { violations: found } = await page.evaluate(() => globalThis.axe.run());
  return found.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.target.join(' ')} ${node.failureSummary}`),
  );
}

/** A PDF of one page that holds the quote as text, Helvetica at 14 points. */
export function paper() {
  const text = ['Leaves look green for a reason.', quote, 'The pigment sits in the chloroplasts.'];
  const stream = `BT /F1 14 Tf 24 TL 72 700 Td ${text.map((line) => `(${line}) Tj T*`).join(' ')} ET`;
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${stream.length} >>\nstream\n${stream}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>',
  ];
  let file = '%PDF-1.4\n';
  const starts = objects.map((object, i) => {
    const start = file.length;
    file += `${i + 1} 0 obj\n${object}\nendobj\n`;
    return start;
  });
  const entries = starts.map((start) => `${String(start).padStart(10, '0')} 00000 n \n`).join('');
  const end = `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${file.length}\n%%EOF\n`;
  file += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${entries}${end}`;
  return { name: 'pigments.pdf', mimeType: 'application/pdf', buffer: Buffer.from(file, 'latin1') };
}

/**
 * Of the pixels in a box of the page as it is shown: how many of 100 are highlighter yellow, and how many are ink (words).
 */
export async function coloursIn(page, { x, y, width, height }) {
  const picture = await page.screenshot({ clip: { x, y, width, height } });
  const blank = await page.context().newPage();
  const shares = await blank.evaluate(async (data) => {
    const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
    const canvas = new OffscreenCanvas(image.width, image.height).getContext('2d');
    canvas.drawImage(image, 0, 0);
    const { data: pixels } = canvas.getImageData(0, 0, image.width, image.height);
    let [yellow, ink] = [0, 0];
    for (let i = 0; i < pixels.length; i += 4) {
      const [red, green, blue] = pixels.slice(i, i + 3);
      if (red > 200 && green > 170 && blue < 160) yellow += 1;
      if (red < 110 && green < 110 && blue < 110) ink += 1;
    }
    return { yellow: (400 * yellow) / pixels.length, ink: (400 * ink) / pixels.length };
  }, picture.toString('base64'));
  await blank.close();
  return shares;
}
