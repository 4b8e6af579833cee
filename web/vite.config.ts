import { svelte } from '@sveltejs/vite-plugin-svelte';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { brotliCompressSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vitest/config';

// The page is served by the `lectern` binary from `/`; while it is worked on, Vite serves it and hands the API calls on.
const server = process.env.LECTERN_URL ?? 'http://127.0.0.1:8080';

// The host stays the page's: without a key, Lectern answers its own page only.
const target = { target: server, changeOrigin: false };
const proxy = { '/api': target, '/v1': target, '/health': target, '/openapi.json': target, '/docs': target };

/** Keeps each asset once more as the smallest Brotli that can be made of it: the server has no time for that. */
const compressed: Plugin = {
  name: 'compressed',
  writeBundle({ dir }) {
    for (const name of readdirSync(`${dir}/assets`)) {
      const file = `${dir}/assets/${name}`;
      writeFileSync(`${file}.br`, brotliCompressSync(readFileSync(file)));
    }
  },
};

/** What the first view needs comes in few files: on a slow network each costs a round trip. */
const FIRST = [
  { name: 'library', test: /node_modules/, priority: 2 },
  { name: 'page', test: /App\.svelte$|src\/styles\//, priority: 1 },
];

export default defineConfig({
  base: './',
  plugins: [svelte(), compressed],
  build: {
    target: 'es2022',
    sourcemap: false,
    rolldownOptions: { output: { codeSplitting: { groups: FIRST } } },
  },
  server: { proxy },
  // As the binary serves it.
  preview: { proxy, headers: { 'Content-Security-Policy': "default-src 'self'; img-src 'self' blob:" } },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
});
