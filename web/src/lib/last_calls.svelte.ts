// The calls the page made lately, newest first, for its API tab.

import { untrack } from 'svelte';
import { isWorthShowing, type Call } from './curl';

const KEPT = 12;

class LastCalls {
  list = $state.raw<(Call & { key: number })[]>([]);
  #keys = 0;

  note(call: Call): void {
    if (!isWorthShowing(call)) return;
    this.#keys += 1;
    const same = (other: Call) => other.method === call.method && other.path === call.path && other.body === call.body;
    // Looking at the same thing again says nothing new.
    // Whoever sends requests must not depend on this list.
    const others = untrack(() => this.list).filter((other) => !same(other));
    this.list = [{ ...call, key: this.#keys }, ...others].slice(0, KEPT);
  }
}

export const lastCalls = new LastCalls();
