import * as z from "zod/mini";
import type { Credentials } from "../webhook/adapter.ts";

/** A secret as it is pasted: what stands around it was never meant. */
const pasted = (maximum: number) => z.string().check(z.trim(), z.minLength(1), z.maxLength(maximum));

const values = {
  /** What the provider signs with, or sends along. */
  secret: pasted(4096),
  /** SendGrid's verification key, base64. */
  publicKey: pasted(4096),
  /** The ARNs of the SNS topics that may tell this source anything. */
  topics: z.array(pasted(300)).check(z.minLength(1), z.maxLength(20)),
  /** Eventbrite's private token. */
  apiToken: pasted(4096),
  /** Of Zoom's server-to-server OAuth app, as are the next two. */
  accountId: pasted(300),
  clientId: pasted(300),
  clientSecret: pasted(4096),
};

/** What a source knows to check a provider by, and to ask it, as an administrator sets it. */
export const credentialSettingsSchema = z.partial(z.strictObject(values));
export type CredentialSettings = z.infer<typeof credentialSettingsSchema>;

/** What of that changes: null takes a credential away. */
export const credentialChangesSchema = z.strictObject({
  secret: z.nullish(values.secret),
  publicKey: z.nullish(values.publicKey),
  topics: z.nullish(values.topics),
  apiToken: z.nullish(values.apiToken),
  accountId: z.nullish(values.accountId),
  clientId: z.nullish(values.clientId),
  clientSecret: z.nullish(values.clientSecret),
});
export type CredentialChanges = z.infer<typeof credentialChangesSchema>;
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

/** The members that are neither left out nor null. */
const given = (changes: CredentialChanges): CredentialSettings =>
  Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined && value !== null));

/**
 * Credentials after some of them were set or taken away. A secret that is replaced stays good for a while, since the provider gets
 * the new one by hand and what it sent before may still be under way; what was replaced earlier stays no longer than that. With a
 * secret that is taken away all former ones end at once.
 * @param overlapHours 0: the former secret ends at once
 */
export function withCredentials(
  stored: StoredCredentials,
  changes: CredentialChanges,
  now: Date,
  overlapHours: number,
): StoredCredentials {
  const set = given(changes);
  const setNow = Object.fromEntries(Object.keys(set).map((name) => [name, now.toISOString()]));
  const remaining = <Members extends object>(members: Members): Members =>
    Object.fromEntries(
      Object.entries(members).filter(([name]) => changes[name as CredentialName] !== null),
    ) as Members;
  return {
    v: 1,
    values: { ...remaining(stored.values), ...set },
    setAt: { ...remaining(stored.setAt), ...setNow },
    former: changes.secret === null ? [] : formerSecrets(stored, set.secret, now, overlapHours),
  };
}

function formerSecrets(
  { values, former }: StoredCredentials,
  secret: string | undefined,
  now: Date,
  overlapHours: number,
): StoredCredentials["former"] {
  const replaced = values.secret;
  if (secret === undefined || replaced === undefined || replaced === secret) return former;
  const end = new Date(now.getTime() + overlapHours * 60 * 60 * 1000).toISOString();
  const earlier = former.map((one) => ({ secret: one.secret, until: one.until < end ? one.until : end }));
  return [{ secret: replaced, until: end }, ...earlier].filter(
    (one) => one.until > now.toISOString() && one.secret !== secret,
  );
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

/** Credentials as just given, for an adapter to judge; those that are taken away are none. */
export function givenCredentials(changes: CredentialChanges): Partial<Credentials> {
  const { secret, ...others } = given(changes);
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
