import { Type } from 'typebox';
import { listOf, nonBlank, nullable, timestamp, token, uuid } from './common.ts';

const name = nonBlank(200, { description: 'What people call it; not unique.' });

/** Each setting with its default, as every answer shows it. */
export const settings = Type.Object({
  greeting: nonBlank(1000, { description: 'First message of a support session.' }),
});

/** Null takes a setting back to its default. */
const settingsChange = Type.Object({ greeting: Type.Optional(nullable(settings.properties.greeting)) });

export const defaultSettings = { greeting: 'Hello, how may I help you?' };

export const createApplicationBody = Type.Object({ name });

export const updateApplicationBody = Type.Object(
  { name: Type.Optional(name), settings: Type.Optional(settingsChange) },
  { minProperties: 1 },
);

const summary = {
  token,
  name: Type.String(),
  chats_count: Type.Integer({ minimum: 0, description: 'Chats, as of the last reconciliation.' }),
  created_at: timestamp,
  updated_at: timestamp,
};

export const application = Type.Object({ ...summary, settings });

const accessToken = Type.String({ description: 'Bearer token; shown only here.' });

export const createdApplication = Type.Object({ ...summary, access_token: accessToken, key_id: uuid });

export const applicationList = listOf(application);

export const deletedApplication = Type.Object({ token, deleted_at: timestamp });

export const createKeyBody = Type.Object({ name: Type.Optional(nullable(nonBlank(200))) });

const keyFields = { key_id: uuid, name: nullable(Type.String()), created_at: timestamp };

export const key = Type.Object(keyFields);

export const createdKey = Type.Object({
  key_id: uuid,
  name: nullable(Type.String()),
  access_token: accessToken,
});

export const keyList = listOf(key);
