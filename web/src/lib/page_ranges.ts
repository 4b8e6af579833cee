// Page numbers as people write them: `1-3, 7`, and read them: `1–3, 7`.

/** The pages in order, each once; `null` where the text is no list of pages. Empty text: no pages. */
export function parsePages(text: string, last = 100_000): number[] | null {
  const parts = text
    .replace(/\s*[-–~]\s*/g, '-')
    .split(/[,，、;；\s]+/)
    .filter(Boolean);
  const pages = new Set<number>();
  for (const part of parts) {
    const [, from, to] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? [];
    const [first, end] = [Number(from), Number(to ?? from)];
    if (!from || first < 1 || end < first || end > last) return null;
    for (let page = first; page <= end; page += 1) pages.add(page);
  }
  return [...pages].sort((a, b) => a - b);
}

/** Pages in order as ranges; `separator` stands between them. */
export function pageRanges(pages: number[], separator = ', '): string {
  const runs: [number, number][] = [];
  for (const page of pages) {
    const last = runs.at(-1);
    if (last && page === last[1] + 1) last[1] = page;
    else runs.push([page, page]);
  }
  return runs.map(([first, end]) => (first === end ? `${first}` : `${first}–${end}`)).join(separator);
}
