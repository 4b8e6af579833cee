import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

// The page is served by the `lectern` binary from `/`; while it is worked on, Vite serves it and hands the API calls on.
const server = process.env.LECTERN_URL ?? 'http://127.0.0.1:8080';

// The host stays the page's: without a key, Lectern answers its own page only.
const target = { target: server, changeOrigin: false };
const proxy = { '/api': target, '/v1': target, '/health': target, '/openapi.json': target, '/docs': target };

export default defineConfig({
  base: './',
  plugins: [svelte()],
  build: { target: 'es2022', sourcemap: false },
  server: { proxy },
  // As the binary serves it.
  preview: { proxy, headers: { 'Content-Security-Policy': "default-src 'self'; img-src 'self' blob:" } },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
});
