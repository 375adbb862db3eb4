import type { CreatedApplication } from '../../commands/create-application.ts';
import type { ApiKey } from '../../models/api-key.ts';
import type { Application } from '../../models/application.ts';
import { defaultSettings } from '../schemas/application.ts';

export const presentApplication = (application: Application) => ({
  token: application.token,
  name: application.name,
  chats_count: application.chats_count,
  settings: { ...defaultSettings, ...application.settings },
  created_at: application.created_at.toISOString(),
  updated_at: application.updated_at.toISOString(),
});

export function presentCreatedApplication({ token, name, keyId, accessToken, at }: CreatedApplication) {
  const created = new Date(at).toISOString();
  return {
    token,
    name,
    chats_count: 0,
    created_at: created,
    updated_at: created,
    access_token: accessToken,
    key_id: keyId,
  };
}

export const presentKey = (key: ApiKey) => ({
  key_id: key.id,
  name: key.name,
  created_at: key.created_at.toISOString(),
});
