// What a view looks like from afar: which fields of its screenshot hold something, and in what colours, compared with what
// snapshots.json keeps. Another number in a line passes; what is missing, elsewhere or of another colour does not. Other
// fonts break lines elsewhere: on a machine that has them, only the colours are compared.
// LECTERN_SNAPSHOTS=keep keeps what is seen now, =show tells how far it is from what was kept.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';

const file = new URL('snapshots.json', import.meta.url);
const keeping = process.env.LECTERN_SNAPSHOTS === 'keep';
const kept = JSON.parse(readFileSync(file, 'utf8'));
/** Pixels; half a line of text. */
const FIELD = 12;
/** Share of the fields that hold something here or there, with nothing near them on the other side: another list of models
 * moves less. Another processor rounds otherwise, and then a model writes another quiz, which moves a fifth. */
const MOST_MOVED = 0.15;
const MOST_MOVED_WRITTEN = 0.35;
const WRITTEN = /^(quiz|bank|take|print)-/;
/** Of 255: the ground, and the mean of all. */
const MOST_COLOUR = 16;

/** How wide and high samples of the page's fonts are. */
const fontsOf = (page) =>
  page.evaluate(() => {
    const brush = document.createElement('canvas').getContext('2d');
    return ['--sans', '--read']
      .map((name) => {
        brush.font = `40px ${getComputedStyle(document.documentElement).getPropertyValue(name)}`;
        const { width, fontBoundingBoxAscent: ascent } = brush.measureText('Every sentence, 每一句 1998');
        return `${Math.round(width)}×${Math.round(ascent)}`;
      })
      .join(' ');
  });

/** The ground's colour, the mean colour (three bytes each), and for each field whether it holds something. */
async function look(page) {
  const png = (await page.screenshot()).toString('base64');
  const blank = await page.context().newPage();
  const seen = await blank.evaluate(
    async ([data, side]) => {
      const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
      const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
      const canvas = new OffscreenCanvas(image.width, image.height).getContext('2d');
      canvas.drawImage(image, 0, 0);
      const { data: pixels } = canvas.getImageData(0, 0, image.width, image.height);
      const counts = new Map();
      const sums = [0, 0, 0];
      for (let i = 0; i < pixels.length; i += 4) {
        const colour = (pixels[i] << 16) | (pixels[i + 1] << 8) | pixels[i + 2];
        counts.set(colour, (counts.get(colour) ?? 0) + 1);
        for (let c = 0; c < 3; c += 1) sums[c] += pixels[i + c];
      }
      const [ground] = [...counts].reduce((most, entry) => (entry[1] > most[1] ? entry : most));
      const grounds = [ground >> 16, (ground >> 8) & 255, ground & 255];
      const across = Math.ceil(image.width / side);
      const held = new Uint8Array(across * Math.ceil(image.height / side));
      for (let i = 0; i < pixels.length; i += 4) {
        const [x, y] = [(i / 4) % image.width, Math.floor(i / 4 / image.width)];
        const field = Math.floor(y / side) * across + Math.floor(x / side);
        // Hairlines and shades are no content.
        if (grounds.some((value, c) => Math.abs(value - pixels[i + c]) > 60)) held[field] = 1;
      }
      return {
        across,
        colours: [...grounds, ...sums.map((sum) => Math.round((4 * sum) / pixels.length))],
        held: [...held],
      };
    },
    [png, FIELD],
  );
  await blank.close();
  return seen;
}

const hex = (bits) => bits.replace(/.{1,4}/g, (four) => parseInt(four.padEnd(4, '0'), 2).toString(16));
const unhex = (text) => text.replace(/./g, (four) => parseInt(four, 16).toString(2).padStart(4, '0'));

/** Share of the fields that hold something with nothing on the other side in them or beside them. */
function moved(a, b, across) {
  const near = (held, i) =>
    [-across, 0, across].some((row) => [-1, 0, 1].some((column) => held[i + row + column] === '1'));
  const lone = (from, to) => Array.from(from).filter((bit, i) => bit === '1' && !near(to, i)).length;
  const all = Array.from(a + b).filter((bit) => bit === '1').length;
  return (lone(a, b) + lone(b, a)) / all;
}

/** Fails where the view looks otherwise than it did. */
export async function looksAsBefore(page, name) {
  const { across, colours, held } = await look(page);
  const now = { fonts: await fontsOf(page), across, colours: colours.join(' '), held: hex(held.join('')) };
  if (keeping) kept[name] = now;
  const before = kept[name];
  assert.ok(before, `${name} has no snapshot: keep one with LECTERN_SNAPSHOTS=keep`);
  const ownFonts = now.fonts === before.fonts;
  const share = ownFonts ? moved(unhex(before.held), unhex(now.held), across) : 0;
  const colour = Math.max(...before.colours.split(' ').map((value, i) => Math.abs(value - colours[i])));
  if (process.env.LECTERN_SNAPSHOTS) {
    console.log(`${name}: ${ownFonts ? share.toFixed(3) : 'other fonts, nothing'} moved, colours ${colour}`);
  }
  assert.equal(across, before.across, name);
  assert.ok(
    share < (WRITTEN.test(name) ? MOST_MOVED_WRITTEN : MOST_MOVED),
    `${name} looks otherwise than it did: ${(100 * share).toFixed(0)} % is elsewhere`,
  );
  assert.ok(colour < MOST_COLOUR, `${name} has other colours than it had, by ${colour} of 255`);
}

/** Writes what was kept. */
export function keepSnapshots() {
  const sorted = Object.fromEntries(Object.entries(kept).toSorted(([a], [b]) => a.localeCompare(b)));
  if (keeping) writeFileSync(file, `${JSON.stringify(sorted, null, 2)}\n`);
}
