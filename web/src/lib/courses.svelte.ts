// The courses, and which one the address names: `#/courses/{id}`.

import { createCourse, listCourses } from './api';
import { asApiError } from './problem';
import type { Course, Failure } from './types';

const idIn = (hash: string) => /^#\/courses\/([^/]+)$/.exec(hash)?.[1] ?? null;

class Courses {
  list = $state<Course[]>([]);
  loaded = $state(false);
  problem = $state<Failure | null>(null);
  chosenId = $state(idIn(location.hash));

  constructor() {
    addEventListener('hashchange', () => (this.chosenId = idIn(location.hash)));
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
