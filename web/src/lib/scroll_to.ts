/**
 * Brings an element to the middle of what scrolls around it. `scrollIntoView` would move the whole page too, and what was
 * clicked with it.
 */
export function centre(element: Element | null, scroller: Element | null): void {
  if (!element || !scroller) return;
  const [inner, outer] = [element.getBoundingClientRect(), scroller.getBoundingClientRect()];
  scroller.scrollTop += inner.top + inner.height / 2 - outer.top - outer.height / 2;
  const [left, right] = [inner.left - outer.left, inner.right - outer.right];
  if (left < 0 || right > 0) scroller.scrollLeft += left < 0 ? left : Math.min(left, right);
}
