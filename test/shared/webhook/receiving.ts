import { createHmac } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { acceptTouchpoint } from "../../../shared/touchpoint/accept.ts";
import { acceptPersonFact } from "../../../shared/touchpoint/accept-person-fact.ts";
import type { Finding } from "../../../shared/touchpoint/finding.ts";
import type { PersonFact } from "../../../shared/touchpoint/person-fact.ts";
import type { Touch } from "../../../shared/touchpoint/touch.ts";
import {
  type Ask,
  type Credentials,
  LookUpFailed,
  type Rejection,
  type WebhookAdapter,
} from "../../../shared/webhook/adapter.ts";

export const hmac = (secret: string, data: string, encoding: "hex" | "base64"): string =>
  createHmac("sha256", secret).update(data).digest(encoding);

/** What an adapter says of a request with this body and these headers. */
export function verdict(
  adapter: WebhookAdapter,
  sent: { body: string; headers: Record<string, string | undefined> },
  now: Date | string | number = 0,
  credentials: Partial<Credentials> = { secrets: ["current-secret", "secret-before"] },
): Rejection["code"] | undefined {
  const request = { body: Buffer.from(sent.body), headers: sent.headers };
  return adapter.verify(request, { secrets: [], ...credentials }, new Date(now))?.code;
}

const receivedAt = "2026-06-01T12:00:00.000Z";

type Facts = Extract<Finding, { facts: unknown }>;

/** What becomes of each fact of a finding. */
const outcomes = ({ item, facts }: Facts) =>
  facts.map((fact) => {
    const reception = {
      source: "provider",
      sourceType: "server" as const,
      route: "webhooks/provider",
      scope: fact.scope ?? "",
      receivedAt,
      namespace: "7d9e1c0a-1111-4222-8333-444455556666",
      freshId: "fresh",
    };
    return "touch" in fact
      ? acceptTouchpoint(item, fact.touch, reception)
      : acceptPersonFact(item, fact.person, reception);
  });

/** The facts that a finding becomes once they are accepted; throws where one is refused. */
export function accepted(finding: Finding | undefined): { touches: Touch[]; people: PersonFact[] } {
  if (!finding || !("facts" in finding)) throw new Error(`no facts: ${JSON.stringify(finding)}`);
  const touches: Touch[] = [];
  const people: PersonFact[] = [];
  for (const outcome of outcomes(finding)) {
    if ("refusal" in outcome) throw new Error(JSON.stringify(outcome.refusal));
    if (outcome.fact.kind === "touch") touches.push(outcome.fact.touch);
    else people.push(outcome.fact.fact);
  }
  return { touches, people };
}

/** The one touch of a finding. */
export function touchOf(finding: Finding | undefined): Touch {
  const { touches } = accepted(finding);
  if (touches.length !== 1 || !touches[0]) throw new Error(`${touches.length} touches`);
  return touches[0];
}

/** The code with which a finding is refused. */
export const codeOf = (finding: Finding | undefined): string | undefined =>
  finding && "refusal" in finding ? finding.refusal.code : undefined;

/** A sample with any one of its values, however deep, replaced by anything; or anything at all. */
export function disturbed(samples: readonly unknown[]): fc.Arbitrary<unknown> {
  const anything = fc.oneof(fc.jsonValue(), fc.constantFrom<unknown>(null, "", 0, -1, [], {}, [null], 1e308));
  const mutated = fc
    .tuple(fc.constantFrom(...samples), fc.array(fc.nat(), { maxLength: 8 }), anything)
    .map(([sample, path, value]) => replaced(sample, path, value));
  return fc.oneof({ weight: 3, arbitrary: mutated }, { weight: 1, arbitrary: anything });
}

function replaced(value: unknown, [step, ...rest]: number[], by: unknown): unknown {
  if (step === undefined || value === null || typeof value !== "object") return by;
  const names = Object.keys(value);
  const name = names[step % (names.length || 1)];
  if (name === undefined) return by;
  const copy: Record<string, unknown> | unknown[] = Array.isArray(value) ? [...value] : { ...value };
  Object.assign(copy, { [name]: replaced((value as Record<string, unknown>)[name], rest, by) });
  return copy;
}

/** Checks that whatever comes makes one finding of it, and that its facts are accepted or refused without a throw. */
export function holdsForAnyJson(
  adapter: WebhookAdapter,
  samples: readonly unknown[],
  headers: Record<string, string> = {},
): void {
  fc.assert(
    fc.property(disturbed(samples), (value) => {
      const findings = adapter.findings(value, { headers }, { fieldMap: { "E-Mail?": "email" } });
      if (findings.length !== 1) return false;
      return findings.every((finding) => {
        if ("facts" in finding) return finding.item === value && outcomes(finding).length > 0;
        return "ignored" in finding ? typeof finding.ignored === "string" : finding.item === value;
      });
    }),
    { numRuns: 400 },
  );
}

/** Checks that whatever an API answers makes one finding of the item, or is asked for again. */
export async function holdsForAnyAnswer(
  adapter: WebhookAdapter,
  item: unknown,
  samples: readonly unknown[],
  credentials: Credentials,
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(disturbed(samples), async (value) => {
      const answers = (url: string) => ({
        status: 200,
        value: url.includes("oauth") ? { access_token: "t" } : value,
      });
      try {
        const finding = await adapter.lookUp?.(item, credentials, async (url) => answers(url));
        if (!finding) return false;
        if ("facts" in finding) return finding.item === item && outcomes(finding).length > 0;
        return "ignored" in finding || finding.item === item;
      } catch (error) {
        return error instanceof LookUpFailed;
      }
    }),
    { numRuns: 300 },
  );
}

/** What a provider's API was asked, and what it answers. */
export interface Asked {
  url: string;
  method: string;
  headers: IncomingMessage["headers"];
}

/**
 * A provider's API on this machine. `ask` takes only addresses of the hosts given, over https, and asks the local server instead.
 */
export async function providerApi(
  hosts: readonly string[],
  answer: (asked: Asked) => { status: number; value?: unknown },
): Promise<{ ask: Ask; asked: Asked[]; close: () => Promise<void> }> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const one = { url: request.url ?? "", method: request.method ?? "", headers: request.headers };
    asked.push(one);
    const { status, value } = answer(one);
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value ?? null));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const ask: Ask = async (url, request = {}) => {
    const { protocol, host, pathname, search, username, hash } = new URL(url);
    if (protocol !== "https:" || !hosts.includes(host) || username || hash)
      throw new Error(`asked a stranger: ${url}`);
    const response = await fetch(`http://127.0.0.1:${port}/${host}${pathname}${search}`, request);
    return { status: response.status, value: await response.json() };
  };
  return { ask, asked, close: () => new Promise((resolve) => server.close(() => resolve())) };
}
