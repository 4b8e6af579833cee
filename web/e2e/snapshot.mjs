// What a view looks like from afar: its screenshot in few fields, compared with those kept in snapshots.json. The fonts of
// another machine pass; what is missing, in another place or of another colour does not.
// LECTERN_SNAPSHOTS=keep keeps what is seen now.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';

const file = new URL('snapshots.json', import.meta.url);
const keeping = process.env.LECTERN_SNAPSHOTS === 'keep';
const kept = JSON.parse(readFileSync(file, 'utf8'));
const [ACROSS, DOWN] = [16, 12];
/** Of 255, over all fields: another draw of a quiz makes up to 4, the wrong theme above 100, no side bar 10. */
const MEAN = 8;

/** The mean colour of each field, three bytes each. */
async function fieldsOf(page) {
  const png = (await page.screenshot()).toString('base64');
  const blank = await page.context().newPage();
  const fields = await blank.evaluate(
    async ([data, across, down]) => {
      const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
      const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
      const canvas = new OffscreenCanvas(image.width, image.height).getContext('2d');
      canvas.drawImage(image, 0, 0);
      const { data: pixels } = canvas.getImageData(0, 0, image.width, image.height);
      const [sums, counts] = [new Float64Array(across * down * 3), new Uint32Array(across * down)];
      for (let y = 0; y < image.height; y += 1)
        for (let x = 0; x < image.width; x += 1) {
          const field = Math.floor((y * down) / image.height) * across + Math.floor((x * across) / image.width);
          counts[field] += 1;
          for (let c = 0; c < 3; c += 1) sums[3 * field + c] += pixels[4 * (y * image.width + x) + c];
        }
      return Array.from(sums, (sum, i) => Math.round(sum / counts[Math.floor(i / 3)]));
    },
    [png, ACROSS, DOWN],
  );
  await blank.close();
  return Buffer.from(fields);
}

/** Fails where the view looks otherwise than it did. */
export async function looksAsBefore(page, name) {
  const seen = await fieldsOf(page);
  if (keeping) kept[name] = seen.toString('base64');
  assert.ok(kept[name], `${name} has no snapshot: keep one with LECTERN_SNAPSHOTS=keep`);
  const before = Buffer.from(kept[name], 'base64');
  const mean = seen.reduce((sum, value, i) => sum + Math.abs(value - before[i]), 0) / seen.length;
  if (process.env.LECTERN_SNAPSHOTS) console.log(`${name}: ${mean.toFixed(2)}`);
  assert.ok(mean < MEAN, `${name} looks otherwise than it did, by ${mean.toFixed(1)} of 255`);
}

/** Writes what was kept. */
export function keepSnapshots() {
  if (keeping) writeFileSync(file, `${JSON.stringify(kept, Object.keys(kept).sort(), 2)}\n`);
}
