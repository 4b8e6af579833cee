import { describe, expect, it, vi } from 'vitest';
import { readEvents, SseParser, type ServerEvent } from './sse';

const bytes = (text: string) => new TextEncoder().encode(text);

function streamOf(chunks: Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      chunks.forEach((chunk) => controller.enqueue(chunk));
      controller.close();
    },
  });
}

async function collect(chunks: Uint8Array[]): Promise<ServerEvent[]> {
  const events: ServerEvent[] = [];
  for await (const event of readEvents(streamOf(chunks))) events.push(event);
  return events;
}

describe('SseParser', () => {
  it('reads events by name, and those without a name', () => {
    const events = new SseParser().feed('event: token\ndata: {"text":"a"}\n\ndata: plain\n\n');
    expect(events).toEqual([
      { event: 'token', data: '{"text":"a"}' },
      { event: 'message', data: 'plain' },
    ]);
  });

  it('joins data lines, and passes over comments, unknown fields and events without data', () => {
    const events = new SseParser().feed(': ping\n\nid: 3\nevent: nothing\n\nevent: two\ndata:a\ndata: b\n\n');
    expect(events).toEqual([{ event: 'two', data: 'a\nb' }]);
  });

  it('takes one blank after the colon only', () => {
    expect(new SseParser().feed('data:  x\n\n')).toEqual([{ event: 'message', data: ' x' }]);
  });

  it.each(['\n', '\r\n', '\r'])('gives the same events however the text is cut (line end %j)', (end) => {
    const text = ['event: token', 'data: 葉綠體 🌿', '', 'event: done', 'data: 1', 'data: 2', '', ': over', ''].join(
      end,
    );
    const whole = new SseParser().feed(text);
    expect(whole).toHaveLength(2);
    for (let cut = 0; cut <= text.length; cut += 1) {
      const parser = new SseParser();
      expect([...parser.feed(text.slice(0, cut)), ...parser.feed(text.slice(cut))]).toEqual(whole);
    }
  });

  it('does not give an event that is not whole', () => {
    expect(new SseParser().feed('data: half\n')).toEqual([]);
  });
});

describe('readEvents', () => {
  it('puts characters together that were cut between their bytes', async () => {
    const all = bytes('event: token\ndata: 光合作用 🌿\n\n');
    const single = Array.from(all, (byte) => Uint8Array.of(byte));
    expect(await collect(single)).toEqual([{ event: 'token', data: '光合作用 🌿' }]);
  });

  it('closes the connection when the reader leaves', async () => {
    let cancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(bytes('data: x\n\n')),
      cancel: () => void (cancelled = true),
    });
    for await (const event of readEvents(endless)) {
      expect(event.data).toBe('x');
      break;
    }
    expect(cancelled).toBe(true);
  });

  it('says that the server is gone when the connection breaks', async () => {
    const broken = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(new TypeError('network')) });
    await expect(readEvents(broken).next()).rejects.toMatchObject({ code: 'unreachable', status: 0 });
  });

  it('says so too when nothing is heard for long', async () => {
    vi.useFakeTimers();
    try {
      const silent = readEvents(new ReadableStream<Uint8Array>()).next();
      const failed = expect(silent).rejects.toMatchObject({ code: 'unreachable' });
      await vi.advanceTimersByTimeAsync(60_000);
      await failed;
    } finally {
      vi.useRealTimers();
    }
  });
});
