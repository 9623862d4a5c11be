import { apiKeyOf, newSecret } from "../../shared/access/access-key.ts";
import { putAccessKey } from "../../shared/store/config.ts";
import { openTable } from "../../shared/store/table.ts";

const table = openTable();

/**
 * Mints an admin key, shown this once. No HTTP route leads here: whoever may invoke the function by IAM is the root of
 * trust, and no secret is deployed.
 */
export const handler = async (event: { name?: string } = {}): Promise<{ id: string; key: string }> => {
  const secret = newSecret("api");
  const key = apiKeyOf(
    secret,
    "admin",
    String(event.name ?? "minted").slice(0, 100),
    new Date().toISOString(),
  );
  await putAccessKey(table, key);
  return { id: key.id, key: secret };
};
