import * as z from "zod/mini";
import { defaultSettings, type ProductSettings, productSettingsSchema } from "../lead/product-settings.ts";
import { settingsKey } from "../table/keys.ts";
import { getItem, putItem, type Table } from "./table.ts";

/** The settings in force, and who set them. */
export interface StoredSettings {
  v: 1;
  settings: ProductSettings;
  /** ISO 8601, and the id of the key; null while nobody has set any. */
  updatedAt: string | null;
  updatedBy: string | null;
}

/**
 * The settings in force. What an earlier release stored lacks the fields that came later: they have their defaults.
 * @throws Error where they are none to this release
 */
export async function readSettings(table: Table): Promise<StoredSettings> {
  const item = await getItem(table, settingsKey, true);
  if (!item) return { v: 1, settings: defaultSettings, updatedAt: null, updatedBy: null };
  const stored = JSON.parse(String(item.body)) as StoredSettings;
  const result = z.safeParse(productSettingsSchema, stored.settings);
  if (!result.success) throw new Error("the settings that are stored cannot be read");
  return { ...stored, settings: result.data };
}

/** Puts settings in force, in place of those before. */
export async function putSettings(
  table: Table,
  settings: ProductSettings,
  at: string,
  by: string,
): Promise<StoredSettings> {
  const stored: StoredSettings = { v: 1, settings, updatedAt: at, updatedBy: by };
  await putItem(table, { ...settingsKey, body: JSON.stringify(stored) });
  return stored;
}
