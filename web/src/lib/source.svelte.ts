// Which citation the source panel shows, and where the focus goes back to when it closes.

import type { Citation } from './types';

class Source {
  citation = $state.raw<Citation | null>(null);
  /** Raised by every opening, so that the same citation is scrolled to again. */
  opened = $state(0);
  #opener: HTMLElement | null = null;

  open(citation: Citation, opener: HTMLElement): void {
    this.citation = citation;
    this.opened += 1;
    this.#opener = opener;
  }

  close(): void {
    this.citation = null;
    if (this.#opener?.isConnected) this.#opener.focus();
  }
}

export const source = new Source();
