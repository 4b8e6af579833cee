// A course, a file, a question whose answer is shown as it is written, and a quiz, with fetch (Node 20, or a browser).
//
// node javascript.mjs notes.md "Where does the oxygen come from?" >quiz.gift

import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';

const url = process.env.LECTERN_URL ?? 'http://127.0.0.1:8080';
const key = process.env.LECTERN_API_KEY;

/** Sends a request; what is no answer of success is thrown with its stable code. */
async function call(path, { json, ...options } = {}) {
  const headers = { ...(key && { Authorization: `Bearer ${key}` }), ...(json && { 'Content-Type': 'application/json' }) };
  const body = json ? JSON.stringify(json) : options.body;
  const response = await fetch(url + path, { method: body ? 'POST' : 'GET', headers, body });
  if (response.ok) return response;
  const problem = await response.json();
  throw new Error(`${problem.code}: ${problem.detail}`);
}

/** Server-sent events as they come. */
async function* events(response) {
  let held = '';
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const parts = (held + text).split('\n\n');
    held = parts.pop();
    for (const part of parts) {
      const field = (name) => part.split('\n').find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      if (field('data')) yield { event: field('event'), data: JSON.parse(field('data')) };
    }
  }
}

/** Waits until a job is over: its events end then. */
async function wait(job) {
  let last;
  for await (const { data } of events(await call(`/api/v1/jobs/${job}/events`))) last = data;
  if (last?.state !== 'done') throw new Error(`the job is ${last?.state}: ${last?.error?.detail}`);
}

const [file, question] = process.argv.slice(2);
const course = await (await call('/api/v1/courses', { json: { title: 'Biology' } })).json();

const form = new FormData();
form.append('file', new Blob([await readFile(file)]), basename(file));
const { documents } = await (await call(`/api/v1/courses/${course.id}/documents`, { body: form })).json();
await wait(documents[0].job_id);

const asked = await call(`/api/v1/courses/${course.id}/ask`, { json: { question, stream: true } });
for await (const { event, data } of events(asked)) {
  if (event === 'token') process.stderr.write(data.text);
  if (event === 'citation') console.error(`[${data.n}] ${data.document_name}, page ${data.page}: ${data.quote}`);
  if (event === 'done') console.error();
  if (event === 'error') throw new Error(`${data.code}: ${data.detail}`);
}

const wish = { count: 3, kinds: ['multiple_choice', 'cloze'], seed: 1 };
const queued = await (await call(`/api/v1/courses/${course.id}/quizzes`, { json: wish })).json();
await wait(queued.job_id);
console.log(await (await call(`/api/v1/quizzes/${queued.quiz_id}/export?format=gift`)).text());
