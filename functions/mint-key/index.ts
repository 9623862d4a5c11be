import { apiKeyOf, newSecret } from "../../shared/access/access-key.ts";
import type { Role } from "../../shared/http/routes.ts";
import { putAccessKey } from "../../shared/store/config.ts";
import { openTable } from "../../shared/store/table.ts";

const roles: readonly Role[] = ["read", "sales", "admin"];
const table = openTable();

/**
 * Mints an API key, shown this once; an admin's unless another role is asked for. No HTTP route leads here: whoever may invoke
 * the function by IAM is the root of trust, and no secret is deployed.
 * @throws RangeError where the role is none
 */
export const handler = async (
  event: { role?: Role; name?: string } = {},
): Promise<{ id: string; role: Role; key: string }> => {
  const { role = "admin", name = "minted" } = event;
  if (!roles.includes(role)) throw new RangeError(`role is one of ${roles.join(", ")}`);
  const secret = newSecret("api");
  const key = apiKeyOf(secret, role, String(name).slice(0, 100), new Date().toISOString());
  await putAccessKey(table, key);
  return { id: key.id, role, key: secret };
};
