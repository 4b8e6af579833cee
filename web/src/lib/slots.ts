/** Lets at most `size` tasks run at a time; the others wait in order. Browsers allow six connections to a server. */
export function slots(size: number): <T>(task: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let free = size;
  return async (task) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((go) => waiting.push(go));
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}

export const sleep = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));
