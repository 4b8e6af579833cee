// The courses, and what the address names: `#/courses/{id}`, `…/quizzes`, `…/quizzes/{id}`.

import { createCourse, listCourses } from './api';
import { asApiError } from './problem';
import type { Course, Failure } from './types';

const namedIn = (hash: string) => {
  const [, course, quizzes, quiz] = /^#\/courses\/([^/]+)(\/quizzes(?:\/([^/]+))?)?$/.exec(hash) ?? [];
  return { course: course ?? null, quizzes: Boolean(quizzes), quiz: quiz ?? null };
};

class Courses {
  list = $state<Course[]>([]);
  loaded = $state(false);
  problem = $state<Failure | null>(null);
  #named = $state.raw(namedIn(location.hash));

  constructor() {
    addEventListener('hashchange', () => (this.#named = namedIn(location.hash)));
  }

  get chosenId(): string | null {
    return this.#named.course;
  }

  /** Whether the course's quizzes are shown, not its conversation. */
  get showsQuizzes(): boolean {
    return this.#named.quizzes;
  }

  /** The quiz that is shown. */
  get quizId(): string | null {
    return this.#named.quiz;
  }

  get chosen(): Course | undefined {
    return this.list.find((course) => course.id === this.chosenId);
  }

  async load(): Promise<void> {
    try {
      this.list = await listCourses();
      this.problem = null;
      this.loaded = true;
    } catch (error) {
      this.problem = asApiError(error);
    }
  }

  /** Makes a course and goes to it. Throws `ApiError`. */
  async create(title: string): Promise<void> {
    const course = await createCourse(title);
    this.list.push(course);
    location.hash = `#/courses/${course.id}`;
  }
}

export const courses = new Courses();
