// Server-sent events from a fetch body: EventSource can neither POST nor send a key.
// https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation

import { isAbort, unreachable } from './problem';

export interface ServerEvent {
  event: string;
  data: string;
}

/** Takes text in pieces cut anywhere; gives the events that are whole. */
export class SseParser {
  #rest = '';
  #event = '';
  #data: string[] = [];

  feed(piece: string): ServerEvent[] {
    let text = this.#rest + piece;
    // A CR at the end may be the first half of a CR LF.
    const held = text.endsWith('\r') ? '\r' : '';
    if (held) text = text.slice(0, -1);
    const lines = text.split(/\r\n|\n|\r/);
    this.#rest = (lines.pop() ?? '') + held;
    return lines.flatMap((line) => this.#line(line));
  }

  #line(line: string): ServerEvent[] {
    if (line === '') return this.#dispatch();
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.#event = value;
    if (field === 'data') this.#data.push(value);
    return [];
  }

  #dispatch(): ServerEvent[] {
    const whole = { event: this.#event || 'message', data: this.#data.join('\n') };
    const empty = this.#data.length === 0;
    this.#event = '';
    this.#data = [];
    return empty ? [] : [whole];
  }
}

/** Milliseconds; the server gives a sign of life every 15 seconds. */
const LONGEST_SILENCE = 45_000;

/** Fails where nothing is heard for long: a network that is gone tells nobody. */
function heard<T>(coming: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout>;
  const silence = new Promise<never>((_, reject) => (timer = setTimeout(() => reject(unreachable()), LONGEST_SILENCE)));
  return Promise.race([coming, silence]).finally(() => clearTimeout(timer));
}

/** The events of a response body, until it ends. Leaving the loop closes the connection; a lost one throws. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const parser = new SseParser();
  try {
    for (;;) {
      const { done, value } = await heard(reader.read()).catch((error: unknown) => {
        throw isAbort(error) ? error : unreachable();
      });
      if (done) return;
      yield* parser.feed(decoder.decode(value, { stream: true }));
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
