import { httpHandler } from "../../shared/edge/http-handler.ts";
import { openApi } from "../../shared/query/api.ts";
import { answer } from "../../shared/query/operations.ts";

const api = openApi();

/** Every question that can be asked. */
export const handler = httpHandler((event) => answer(api, event));
