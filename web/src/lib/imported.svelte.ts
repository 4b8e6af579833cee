// What the last import left out of its file: known when it is sent, shown at the quiz that it made.

import type { FileFault } from './types';

class Imported {
  quiz = $state<string | null>(null);
  notTaken = $state.raw<FileFault[]>([]);

  note(quiz: string, notTaken: FileFault[]): void {
    this.quiz = quiz;
    this.notTaken = notTaken;
  }

  of(quiz: string): FileFault[] {
    return quiz === this.quiz ? this.notTaken : [];
  }
}

export const imported = new Imported();
