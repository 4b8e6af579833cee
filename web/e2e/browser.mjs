// Starts the browser and holds the steps that the tests share. LECTERN_URL names a running server.

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

/** A page with its own storage, in English. Errors of the page's script fail the test that looks at `page.faults`. */
export async function openPage(browser, options = {}) {
  const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  page.faults = [];
  page.on('pageerror', (error) => page.faults.push(error.message));
  await page.goto(url);
  return page;
}

export async function createCourse(page, title) {
  await page.getByRole('button', { name: 'New course' }).click();
  await page.getByLabel('Title of the new course').fill(title);
  await page.getByRole('button', { name: 'Create' }).click();
  await page.getByRole('heading', { level: 1, name: title }).waitFor();
}

export async function upload(page, files) {
  await page.locator('input[type=file]').setInputFiles(files);
  for (const file of [files].flat()) {
    await page.locator('[data-phase=ready]', { hasText: file.name }).waitFor({ timeout: READY_MS });
  }
}

/** Asks for a quote: that needs no language model. Returns the turn. */
export async function ask(page, question) {
  await page.getByText('Quote', { exact: true }).click();
  await page.getByLabel('Your question').fill(question);
  await page.getByRole('button', { name: 'Ask', exact: true }).click();
  const turn = page.locator('article', { hasText: question }).last();
  await turn.locator('.time').waitFor({ timeout: 60_000 });
  return turn;
}

export const overflow = (page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** What axe-core finds wrong, one line each. */
export async function violations(page) {
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
