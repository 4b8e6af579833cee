// A course's conversations: the one that is shown, and the list of those that the server keeps.

import { Conversation } from './conversation.svelte';
import { deleteConversation, listConversations, renameConversation } from './conversation_api';
import { keepTalk, readTalk } from './history';
import { t } from './locale.svelte';
import { asApiError } from './problem';
import { courseLink } from './route';
import { router } from './route.svelte';
import type { ConversationSummary, Failure } from './types';
import { undo } from './undo.svelte';

const BROWSER = 'browser';
const key = (course: string) => `lectern-shown-${course}`;

/** What was shown last in this browser; at first the talk that an earlier version kept here. */
function shownLast(course: string): Conversation {
  const shown = localStorage.getItem(key(course));
  if (shown && shown !== BROWSER) return new Conversation(course, { id: shown });
  const local = shown === BROWSER || (shown === null && readTalk(localStorage, course).length > 0);
  return new Conversation(course, { local });
}

export class Talks {
  shown: Conversation;
  problem = $state.raw<Failure | null>(null);
  #list = $state.raw<ConversationSummary[]>([]);
  /** Those that were looked at: one that is being answered goes on while another is shown. */
  #known = new Map<string, Conversation>();

  constructor(readonly course: string) {
    this.shown = $state.raw(shownLast(course));
  }

  /** Those in which something was asked, the last used first, without those whose deletion can still be undone. */
  get list(): ConversationSummary[] {
    const used = this.#list.filter(({ id, turn_count }) => turn_count > 0 && !undo.hides(id));
    return used.toSorted((a, b) => b.updated_at.localeCompare(a.updated_at));
  }

  /** The title of the conversation that is shown; null where it has none yet. */
  get title(): string | null {
    if (this.shown.local) return t('talks.browser');
    return this.#list.find(({ id }) => id === this.shown.id)?.title ?? this.shown.title;
  }

  async load(): Promise<void> {
    try {
      this.#list = await listConversations(this.course);
      this.problem = null;
    } catch (error) {
      this.problem = asApiError(error);
    }
  }

  /** Shows a conversation of the server's. */
  open(id: string): void {
    if (this.shown.id !== id) this.#show(this.#known.get(id) ?? new Conversation(this.course, { id }));
    void this.shown.load().then(() => {
      const gone = this.shown.id === null && router.now.talk === id;
      if (gone) router.go(courseLink(this.course));
    });
  }

  /** Shows the browser's own. */
  openLocal(): void {
    if (this.shown.local) return;
    this.#show(this.#known.get(BROWSER) ?? new Conversation(this.course, { local: true }));
    router.go(courseLink(this.course));
  }

  /** Shows an empty conversation, which the server keeps from its first question on. */
  begin(): void {
    const { mode } = this.shown;
    this.#show(new Conversation(this.course));
    this.shown.mode = mode;
    router.go(courseLink(this.course));
  }

  /** Has the browser come back to what is shown now. */
  remember(): void {
    const { id, local } = this.shown;
    localStorage.setItem(key(this.course), local ? BROWSER : (id ?? ''));
  }

  /** Throws `ApiError`. */
  async rename(id: string, title: string): Promise<void> {
    await renameConversation(id, title);
    await this.load();
  }

  /** Hides a conversation at once and deletes it when it is too late to undo. */
  remove({ id, title }: ConversationSummary): void {
    const was = this.shown;
    if (was.id === id) this.begin();
    this.#known.delete(id);
    const back = () => was.id === id && this.#show(was);
    const commit = () => deleteConversation(id);
    undo.offer({ id, name: title ?? t('talks.untitled'), commit, back });
  }

  /** Empties the browser's own; that can be undone as well. */
  removeLocal(): void {
    const was = this.shown;
    const turns = readTalk(localStorage, this.course);
    if (was.local) this.begin();
    this.#known.delete(BROWSER);
    keepTalk(localStorage, this.course, []);
    const back = () => {
      keepTalk(localStorage, this.course, turns);
      if (was.local) this.#show(was);
    };
    undo.offer({ name: t('talks.browser'), back });
  }

  #show(conversation: Conversation): void {
    const { shown } = this;
    if (shown.local || shown.id) this.#known.set(shown.local ? BROWSER : shown.id!, shown);
    this.shown = conversation;
    this.remember();
  }
}

const courses = new Map<string, Talks>();

export function talksOf(course: string): Talks {
  const known = courses.get(course) ?? new Talks(course);
  courses.set(course, known);
  return known;
}
