// Reads the GIFT files of a folder with gift-pegjs: one line of JSON per file, see compare.py.

import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const gift = createRequire(new URL('../../web/package.json', import.meta.url))('gift-pegjs');
const folder = process.argv[2];
const marks = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '<br>': '\n' };

/** As gift-pegjs does with most texts, one blank of several. */
const oneBlank = (text) => text.replace(/[ \t]{2,}/g, ' ');

function text(part) {
  if (part?.format !== 'html') return oneBlank(part?.text ?? '');
  return oneBlank(part.text).replace(/&amp;|&lt;|&gt;|&quot;|<br>/g, (mark) => marks[mark]);
}

/** gift-pegjs leaves its own signs for escaped characters in right sides: `&&061;` for `\=`. */
const rightSide = (side) => side.replace(/&&010|&&(\d{3});/g, (_, code) => String.fromCharCode(Number(code ?? 10)));
/** A star would stand for anything in a short answer; an escaped one is a star. */
const answer = (choice) => text(choice.text).replaceAll('\\*', '*');

const bodies = {
  MC: ({ choices }) => ({
    form: 'choice',
    options: choices.map((choice) => text(choice.text)),
    key: text(choices.find((choice) => choice.isCorrect)?.text),
  }),
  TF: ({ isTrue }) => ({ form: 'truth', key: isTrue }),
  Short: ({ choices }) => ({ form: 'words', answers: choices.map(answer) }),
  Matching: ({ matchPairs }) => ({
    form: 'pairs',
    pairs: matchPairs.map(({ subquestion, subanswer }) => [text(subquestion), rightSide(subanswer)]),
  }),
};

function record(question) {
  const shared = { stem: text(question.stem), feedback: text(question.globalFeedback), tags: question.tags ?? [] };
  return { ...shared, ...bodies[question.type]?.(question) };
}

/** A description is the passage of the question behind it. */
function records(read) {
  let passage = '';
  return read.flatMap((question) => {
    if (question.type === 'Description') {
      passage = text(question.stem);
      return [];
    }
    const found = [{ ...record(question), passage }];
    passage = '';
    return found;
  });
}

for (const quiz of readdirSync(folder).sort()) {
  const read = gift.parse(readFileSync(join(folder, quiz, 'gift.gift'), 'utf8'));
  console.log(JSON.stringify(records(read)));
}
