import * as z from "zod/mini";
import type { Credentials } from "../webhook/adapter.ts";

/** A secret as it is pasted: what stands around it was never meant. */
const pasted = (maximum: number) => z.string().check(z.trim(), z.minLength(1), z.maxLength(maximum));

/** What a source knows to check a provider by, and to ask it, as an administrator sets it. */
export const credentialSettingsSchema = z.strictObject({
  /** What the provider signs with, or sends along. */
  secret: z.optional(pasted(4096)),
  /** SendGrid's verification key, base64. */
  publicKey: z.optional(pasted(4096)),
  /** The ARNs of the SNS topics that may tell this source anything. */
  topics: z.optional(z.array(pasted(300)).check(z.minLength(1), z.maxLength(20))),
  /** Eventbrite's private token. */
  apiToken: z.optional(pasted(4096)),
  /** Of Zoom's server-to-server OAuth app, as are the next two. */
  accountId: z.optional(pasted(300)),
  clientId: z.optional(pasted(300)),
  clientSecret: z.optional(pasted(4096)),
});
export type CredentialSettings = z.infer<typeof credentialSettingsSchema>;
export type CredentialName = keyof CredentialSettings;

/** Credentials at rest: readable by the functions that check with them, and shown to nobody. */
export interface StoredCredentials {
  v: 1;
  values: CredentialSettings;
  /** When each was set, ISO 8601. */
  setAt: Partial<Record<CredentialName, string>>;
  /** Secrets that were replaced and are good until a time, newest first. */
  former: { secret: string; until: string }[];
}

export const noCredentials: StoredCredentials = { v: 1, values: {}, setAt: {}, former: [] };

/** How an administrator calls what an adapter needs. */
export const credentialName = (need: keyof Credentials): CredentialName =>
  need === "secrets" ? "secret" : need;

/**
 * Credentials after some of them were set. A secret that is replaced stays good for a while, since the provider gets the new
 * one by hand and what it sent before may still be under way; what was replaced earlier stays no longer than that.
 * @param overlapHours 0: the former secret ends at once
 */
export function withCredentials(
  stored: StoredCredentials,
  given: CredentialSettings,
  now: Date,
  overlapHours: number,
): StoredCredentials {
  const names = Object.keys(given).filter(
    (name) => given[name as CredentialName] !== undefined,
  ) as CredentialName[];
  const replaced = stored.values.secret;
  let { former } = stored;
  if (given.secret !== undefined && replaced !== undefined && replaced !== given.secret) {
    const end = new Date(now.getTime() + overlapHours * 60 * 60 * 1000).toISOString();
    const earlier = former.map(({ secret, until }) => ({ secret, until: until < end ? until : end }));
    former = [{ secret: replaced, until: end }, ...earlier].filter(
      ({ secret, until }) => until > now.toISOString() && secret !== given.secret,
    );
  }
  return {
    v: 1,
    values: { ...stored.values, ...given },
    setAt: { ...stored.setAt, ...Object.fromEntries(names.map((name) => [name, now.toISOString()])) },
    former,
  };
}

/** The credentials that are good now, the current secret first. */
export function credentialsAt({ values, former }: StoredCredentials, now: Date): Credentials {
  const { secret, ...others } = values;
  const overlapping = former.filter(({ until }) => until > now.toISOString());
  return {
    secrets: [...(secret === undefined ? [] : [secret]), ...overlapping.map((one) => one.secret)],
    ...others,
  };
}

/** Credentials as just given, for an adapter to judge. */
export function givenCredentials({ secret, ...others }: CredentialSettings): Partial<Credentials> {
  return { ...(secret === undefined ? {} : { secrets: [secret] }), ...others };
}

/** What is yet to be set before anything of the provider can be used. */
export const missingCredentials = (
  needs: readonly (keyof Credentials)[],
  { values }: StoredCredentials,
): CredentialName[] => needs.map(credentialName).filter((name) => values[name] === undefined);

/** What may be shown: which are set, since when, and how long a former secret is good beside the current one. */
export function shownCredentials(
  { setAt, former }: StoredCredentials,
  now: Date,
): Record<string, { setAt: string; formerUntil?: string }> {
  const last = former
    .map(({ until }) => until)
    .filter((until) => until > now.toISOString())
    .toSorted()
    .at(-1);
  return Object.fromEntries(
    Object.entries(setAt).map(([name, at]) => [
      name,
      { setAt: at, ...(name === "secret" && last !== undefined ? { formerUntil: last } : {}) },
    ]),
  );
}
