// Where in a document without pages a quote stands.

import type { Citation } from './types';

export type Placed = Pick<Citation, 'page' | 'paged' | 'heading_path'>;

/** `§ Heading › Sub-heading`; empty without headings, null where the document has pages. */
export function sectionOf({ paged, heading_path: path = [] }: Placed): string | null {
  if (paged !== false) return null;
  return path.length > 0 ? `§ ${path.join(' › ')}` : '';
}
