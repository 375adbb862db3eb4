// Edits and deletions: straight to Postgres, once it holds the message.
import type { Knex } from 'knex';
import type { Principal } from '../auth/principal.ts';
import { canSee, seesOnly } from '../auth/visibility.ts';
import { forbidden, notFound, ProblemError } from '../lib/errors.ts';
import { Message } from '../models/message.ts';
import type { Applied } from '../outbox/offsets.ts';
import { findChat } from '../queries/find-chat.ts';
import type { Tail } from '../reserve/tail.ts';
import { shardOf } from '../storage/keys.ts';

export interface ChangeMessageDeps {
  knex: Knex;
  applied: Applied;
  tail: Tail;
}

export interface MessagePlace {
  token: string;
  chat: number;
  number: number;
}

async function findChangeable(
  deps: ChangeMessageDeps,
  place: MessagePlace,
  principal: Principal,
): Promise<Message> {
  await deps.applied(shardOf(place.token));
  const chat = await findChat(deps.knex, place.token, place.chat);
  if (!chat || !canSee(chat, seesOnly(principal))) throw notFound('chat');
  const message = await Message.query(deps.knex).findOne({ chat_id: chat.id, number: place.number });
  if (!message) throw notFound('message');
  if (principal.role === 'customer' && message.author_id !== principal.id)
    throw forbidden('Only its author may change a message.');
  return message;
}

/**
 * The tail's copy goes first: from then on readers ask Postgres, so no one sees the old words after the answer,
 * even if this process dies between the two steps.
 */
async function change(
  deps: ChangeMessageDeps,
  place: MessagePlace,
  id: number,
  patch: object,
): Promise<Message | null> {
  await deps.tail.forget(place.token, place.chat, place.number);
  const changed = await Message.query(deps.knex)
    .patch(patch)
    .where({ id, void: false })
    .whereNull('deleted_at')
    .returning('*')
    .first();
  return (changed as unknown as Message) ?? null;
}

/** @throws ProblemError not_found; forbidden; conflict for a deleted or void message */
export const editMessage =
  (deps: ChangeMessageDeps) =>
  async (place: MessagePlace, body: string, principal: Principal): Promise<Message> => {
    const message = await findChangeable(deps, place, principal);
    const now = new Date();
    const edited = await change(deps, place, message.id, { body, edited_at: now, updated_at: now });
    if (!edited) throw new ProblemError('conflict', 'The message has no content that could be edited.');
    return edited;
  };

/** The number stays, the body goes. Deleting again changes nothing. */
export const deleteMessage =
  (deps: ChangeMessageDeps) =>
  async (place: MessagePlace, principal: Principal): Promise<Message> => {
    const message = await findChangeable(deps, place, principal);
    const now = new Date();
    const deleted = await change(deps, place, message.id, { body: null, deleted_at: now, updated_at: now });
    return deleted ?? (await Message.query(deps.knex).findById(message.id)) ?? message;
  };
