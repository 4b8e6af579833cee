/** The numbers 1 to `count` with the one at `from` moved to `to` (both from 1): the `order` of a quiz's change. */
export function reorder(count: number, from: number, to: number): number[] {
  const order = Array.from({ length: count }, (_, i) => i + 1);
  const [moved] = order.splice(from - 1, 1);
  if (moved !== undefined) order.splice(to - 1, 0, moved);
  return order;
}
