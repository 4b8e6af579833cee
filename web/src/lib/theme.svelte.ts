// Light, dark, or as the system has it; the choice is remembered.

const STORED = 'lectern-theme';
export const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

class ThemeChoice {
  now = $state<Theme>(themes.find((theme) => theme === localStorage.getItem(STORED)) ?? 'system');

  constructor() {
    this.#show();
  }

  use(theme: Theme): void {
    this.now = theme;
    localStorage.setItem(STORED, theme);
    this.#show();
  }

  #show(): void {
    document.documentElement.dataset.theme = this.now;
  }
}

export const theme = new ThemeChoice();
