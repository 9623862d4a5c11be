import { type CredentialChanges, credentialName, givenCredentials } from "../access/credentials.ts";
import { isProvider } from "../access/provider.ts";
import type { Source } from "../access/source.ts";
import { badRequest } from "../http/problem.ts";
import { webhookAdapters } from "../webhook/adapters.ts";

/** A provider calls from its servers: what it sends must not be held to what a web page may. Throws Problem 400. */
export function checkKind({ kind, type }: Pick<Source, "kind" | "type">): void {
  if (kind !== undefined && isProvider(kind) && type !== "server")
    throw badRequest("wrong_type", "type", `a source of kind ${kind} is of type server`);
}

/** Whether a source of this kind has a use for the credentials, and its adapter can read them. Throws Problem 400. */
export function checkCredentials(kind: Source["kind"], given: CredentialChanges): void {
  const adapter = kind !== undefined && isProvider(kind) ? webhookAdapters[kind] : undefined;
  const taken = [...(adapter?.needs ?? []), ...(adapter?.takes ?? [])].map(credentialName);
  const idle = Object.keys(given).find((name) => !(taken as string[]).includes(name));
  if (idle !== undefined) {
    const detail = kind
      ? `a source of kind ${kind} takes ${taken.join(", ") || "no credentials"}`
      : "only a source whose kind is a provider takes credentials";
    throw badRequest("needless_credential", idle, detail);
  }
  const refusal = adapter?.checkCredentials?.(givenCredentials(given));
  if (refusal) throw badRequest(refusal.code, refusal.field, refusal.detail);
}
