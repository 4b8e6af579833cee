// What the source panel shows, and where the focus goes back to when it closes.

import type { Source } from './types';

class SourcePanel {
  shown = $state.raw<Source | null>(null);
  /** Raised by every opening, so that the same source is scrolled to again. */
  opened = $state(0);
  #opener: HTMLElement | null = null;

  open(shown: Source, opener: HTMLElement): void {
    this.shown = shown;
    this.opened += 1;
    this.#opener = opener;
  }

  /** Another place of what is open. */
  goTo(place: Partial<Source>): void {
    if (!this.shown) return;
    const { document_id, document_name } = this.shown;
    this.shown = { document_id, document_name, page: 1, boxes: [], ...place };
    this.opened += 1;
  }

  close(): void {
    this.shown = null;
    if (this.#opener?.isConnected) this.#opener.focus();
  }
}

export const source = new SourcePanel();
