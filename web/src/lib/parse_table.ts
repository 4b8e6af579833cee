// Tables come as Markdown (https://github.github.com/gfm/#tables-extension-); here they become cells again.

/** Rows of cells, the head first; `null` where the text is no such table. */
export function parseTable(text: string): string[][] | null {
  const rows = text
    .trim()
    .split('\n')
    .map((line) =>
      line
        .trim()
        .replace(/^\||\|$/g, '')
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim().replaceAll('\\|', '|')),
    );
  const [head, rule, ...body] = rows;
  if (!head || !rule?.every((cell) => /^:?-+:?$/.test(cell)) || rule.length !== head.length) return null;
  return [head, ...body];
}
