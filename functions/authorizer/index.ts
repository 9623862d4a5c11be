import type {
  APIGatewayRequestAuthorizerEventV2,
  APIGatewaySimpleAuthorizerWithContextResult,
} from "aws-lambda";
import { findAccessKey } from "../../shared/access/access-key.ts";
import { CachedSenders } from "../../shared/store/config.ts";
import { openTable } from "../../shared/store/table.ts";

const senders = new CachedSenders(openTable());

type Caller = { role?: string; keyId?: string };

/** Is this an API key, and which role has it? What the role may do is the API function's to say. */
export const handler = async (
  event: APIGatewayRequestAuthorizerEventV2,
): Promise<APIGatewaySimpleAuthorizerWithContextResult<Caller>> => {
  const [scheme = "", secret = ""] = (event.identitySource[0] ?? "").split(/\s+/, 2);
  if (!/^bearer$/i.test(scheme) || secret === "") return { isAuthorized: false, context: {} };
  const now = new Date();
  const key = await senders.find(secret, now.getTime(), ({ keys }) =>
    findAccessKey(keys, secret, "api", now.toISOString()),
  );
  if (key?.kind !== "api") return { isAuthorized: false, context: {} };
  return { isAuthorized: true, context: { role: key.role, keyId: key.id } };
};
