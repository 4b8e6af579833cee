// The REST calls about conversations.

import { all, client, ok } from './api';
import { send } from './http';
import { ApiError, readProblem } from './problem';
import { nameOf } from './save_file';
import type { ConversationSummary, ServerTurn } from './types';

/** Newest first. */
export const listConversations = (course: string): Promise<ConversationSummary[]> =>
  all(
    (query) => ok(client.GET('/api/v1/courses/{id}/conversations', { params: { path: { id: course }, query } })),
    (page) => page.conversations,
  );

/** Begins a conversation, which its first question will name; its id. */
export const beginConversation = async (course: string): Promise<string> => {
  const params = { path: { id: course } };
  return (await ok(client.POST('/api/v1/courses/{id}/conversations', { params, body: {} }))).id;
};

/** A course's conversation with all its turns, oldest first. One of another course is not there. */
export async function getConversation(id: string, course: string) {
  let title: string | null = null;
  const turns = await all(
    async (query) => {
      const page = await ok(client.GET('/api/v1/conversations/{id}', { params: { path: { id }, query } }));
      if (page.course_id !== course) throw new ApiError(404, 'conversation_not_found', '');
      title = page.title ?? null;
      return page;
    },
    (page): ServerTurn[] => page.turns,
  );
  return { title: title as string | null, turns };
}

export const renameConversation = async (id: string, title: string): Promise<void> => {
  await ok(client.PATCH('/api/v1/conversations/{id}', { params: { path: { id } }, body: { title } }));
};

/** The request outlives the page, which may be left at once. */
export const deleteConversation = async (id: string): Promise<void> => {
  await ok(client.DELETE('/api/v1/conversations/{id}', { params: { path: { id } }, keepalive: true }));
};

export type ConversationFormat = 'markdown' | 'html' | 'json';

export async function exportConversation(id: string, format: ConversationFormat) {
  const response = await send(`/api/v1/conversations/${encodeURIComponent(id)}/export?format=${format}`);
  if (!response.ok) throw await readProblem(response);
  return { name: nameOf(response, `conversation.${format}`), blob: await response.blob() };
}
