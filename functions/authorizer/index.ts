import type {
  APIGatewayRequestAuthorizerEventV2,
  APIGatewaySimpleAuthorizerWithContextResult,
} from "aws-lambda";
import { findAccessKey } from "../../shared/access/access-key.ts";
import { readAccessKey } from "../../shared/store/config.ts";
import { openTable } from "../../shared/store/table.ts";

const table = openTable();

type Caller = { role?: string; keyId?: string };

/**
 * Is this an API key, and which role has it? What the role may do is the API function's to say. Reads the key each time: the
 * gateway remembers the answer for a minute, and a second memory here would add to the time that a revocation takes.
 */
export const handler = async (
  event: APIGatewayRequestAuthorizerEventV2,
): Promise<APIGatewaySimpleAuthorizerWithContextResult<Caller>> => {
  const [scheme = "", secret = ""] = (event.identitySource[0] ?? "").split(/\s+/, 2);
  if (!/^bearer$/i.test(scheme) || secret === "") return { isAuthorized: false, context: {} };
  const stored = await readAccessKey(table, secret);
  const key = findAccessKey(stored ? [stored] : [], secret, "api", new Date().toISOString());
  if (key?.kind !== "api") return { isAuthorized: false, context: {} };
  return { isAuthorized: true, context: { role: key.role, keyId: key.id } };
};
