// The courses.

import { chooseModel, createCourse, deleteCourse, listCourses, renameCourse } from './api';
import { asApiError } from './problem';
import { courseLink } from './route';
import { router } from './route.svelte';
import type { Course, Failure } from './types';
import { undo } from './undo.svelte';

class Courses {
  #all = $state<Course[]>([]);
  loaded = $state(false);
  problem = $state<Failure | null>(null);

  /** Without those whose deletion can still be undone. */
  get list(): Course[] {
    return this.#all.filter((course) => !undo.hides(course.id));
  }

  get chosen(): Course | undefined {
    return this.list.find((course) => course.id === router.now.course);
  }

  async load(): Promise<void> {
    try {
      this.#all = await listCourses();
      this.problem = null;
      this.loaded = true;
    } catch (error) {
      this.problem = asApiError(error);
    }
  }

  /** Makes a course and goes to it. Throws `ApiError`. */
  async create(title: string): Promise<void> {
    const course = await createCourse(title);
    this.#all.push(course);
    router.go(courseLink(course.id));
  }

  /** Throws `ApiError`. */
  async rename(course: Course, title: string): Promise<void> {
    course.title = (await renameCourse(course.id, title)).title;
  }

  /** Throws `ApiError`. */
  async useModel(course: Course, model: string): Promise<void> {
    course.model = (await chooseModel(course.id, model)).model ?? null;
  }

  /** Hides a course at once and deletes it when it is too late to undo. */
  remove(course: Course): void {
    router.go('#/');
    const commit = () => deleteCourse(course.id);
    undo.offer({ id: course.id, name: course.title, commit, back: () => router.go(courseLink(course.id)) });
  }
}

export const courses = new Courses();
