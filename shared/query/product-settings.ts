import * as z from "zod/mini";
import type { HttpEvent } from "../edge/http-handler.ts";
import { type Answer, json } from "../http/answer.ts";
import { productSettingsSchema } from "../lead/product-settings.ts";
import { putSettings, readSettings, type StoredSettings } from "../store/product-settings.ts";
import type { Api } from "./api.ts";
import type { Operation } from "./openapi.ts";
import { type Caller, validBody } from "./request.ts";

const settingsView = ({ settings, updatedAt, updatedBy }: StoredSettings) => ({
  ...settings,
  updatedAt,
  updatedBy,
});

/** What `GET` answered can be changed and put back: who set it when is told, and taken, but not set. */
const settingsInput = z.extend(productSettingsSchema, {
  updatedAt: z.optional(z.unknown()),
  updatedBy: z.optional(z.unknown()),
});

/** `GET /v1/settings`: the settings in force. */
export const getSettings = async (api: Api): Promise<Answer> =>
  json(200, settingsView(await readSettings(api.table)));

/** `PUT /v1/settings`: other settings, in force now. What is left out has its default. */
export async function setSettings(api: Api, event: HttpEvent, caller: Caller | undefined): Promise<Answer> {
  const { updatedAt: _, updatedBy: __, ...settings } = await validBody(settingsInput, event);
  const at = api.clock().toISOString();
  return json(200, settingsView(await putSettings(api.table, settings, at, caller?.keyId ?? "")));
}

const settingsAnswer = z.extend(productSettingsSchema, {
  updatedAt: z.nullable(z.string()),
  /** The id of the key that set them. */
  updatedBy: z.nullable(z.string()),
});

/** How the product fits the tools around it. */
export const settingsOperations = {
  "GET /v1/settings": {
    summary:
      "The settings in force: formats of the export, what CRMs are told, and what a deal's stages mean.",
    answer: [200, settingsAnswer],
  },
  "PUT /v1/settings": {
    summary: "Other settings, in force now. What is left out has its default.",
    body: { "application/json": productSettingsSchema },
    answer: [200, settingsAnswer],
  },
} as const satisfies Record<string, Operation>;
