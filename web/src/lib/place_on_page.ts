import type { DocumentPage, Rect, Source } from './types';

export interface Placed {
  left: string;
  top: string;
  width: string;
  height: string;
}

/** Boxes in points as percentages of the page, so that they fit its picture at any size. Other pages' are left out. */
export function placeOnPage(boxes: Rect[], page: Pick<DocumentPage, 'page' | 'width' | 'height'>): Placed[] {
  const percent = (part: number, whole: number) => `${Number(((100 * part) / whole).toFixed(3))}%`;
  return boxes
    .filter((box) => box.page === page.page)
    .map((box) => ({
      left: percent(box.left, page.width),
      top: percent(box.top, page.height),
      width: percent(box.right - box.left, page.width),
      height: percent(box.bottom - box.top, page.height),
    }));
}

/** A source's boxes; where a teacher chose the quote, which has none, those of the paragraphs it is in. */
export function boxesOn({ blocks }: Pick<DocumentPage, 'blocks'>, { boxes, start, end }: Source): Rect[] {
  if (boxes.length > 0 || start === undefined || end === undefined) return boxes;
  return blocks.filter((block) => block.start < end && start < block.end).flatMap((block) => block.boxes);
}
