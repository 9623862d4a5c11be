import { randomUUID } from "node:crypto";
import * as z from "zod/mini";
import type { HttpEvent } from "../edge/http-handler.ts";
import { type Answer, json } from "../http/answer.ts";
import { badRequest, Problem } from "../http/problem.ts";
import { compareHands, type HandFact } from "../identity/facts.ts";
import { putHands, readHands } from "../store/hands.ts";
import { identifierId, identifierTypes, normaliseIdentifier } from "../touchpoint/identifier.ts";
import type { Api } from "./api.ts";
import { contactOfPath, contactView, type JudgedContact, readJudged } from "./contacts.ts";
import { type Caller, validBody } from "./request.ts";

export const separationSchema = z.strictObject({
  /** `type:value`, as the contact shows it. */
  identifier: z.string().check(z.minLength(1), z.maxLength(330)),
  reason: z.string().check(z.trim(), z.minLength(1), z.maxLength(1000)),
});

/** `POST /v1/contacts/{id}/unlink`: an identifier is somebody else's. Answers the contact without it. */
export const separate = (api: Api, event: HttpEvent, caller: Caller | undefined): Promise<Answer> =>
  sayByHand(api, event, caller, "separated");

/** `DELETE /v1/contacts/{id}/unlink`: takes that back. Answers the contact, whole again where its links join it. */
export const rejoin = (api: Api, event: HttpEvent, caller: Caller | undefined): Promise<Answer> =>
  sayByHand(api, event, caller, "joined");

async function sayByHand(
  api: Api,
  event: HttpEvent,
  caller: Caller | undefined,
  act: HandFact["act"],
): Promise<Answer> {
  const { identifier, reason } = await validBody(separationSchema, event);
  const id = await identifierIdOf(api, identifier);
  const contact = await contactOfPath(api, event);
  const said = await readHands(api.table, id);
  const others = act === "separated" ? membersBeside(contact, id) : separatedFrom(contact, id, said);
  if (others.length === 0) {
    // Sent again, as by a client that did not hear the answer.
    const isSo = act === "separated" ? standsApart(contact, id) : isMember(contact, id);
    if (isSo) return json(200, contactView(contact));
    const detail =
      act === "separated"
        ? "the contact was seen with no such identifier"
        : "no such identifier stands separated from the contact";
    throw badRequest("not_linked", "identifier", detail);
  }
  const now = api.clock();
  const at = behind(said, now);
  const word = { at, id: randomUUID(), act, reason, who: caller?.keyId ?? "" };
  const pairs = others.map((other) => [id, other] as const);
  if (!(await putHands(api.table, pairs, word, now))) {
    throw new Problem({
      status: 503,
      code: "unavailable",
      detail: "not all of it could be kept; send it again",
      retryAfter: 5,
    });
  }
  const stays = act === "separated" ? others[0]! : contact.contact.contactId;
  const after = await readJudged(api, stays, true);
  return json(200, after ? contactView(after) : null);
}

async function identifierIdOf(api: Api, text: string): Promise<string> {
  const colon = text.indexOf(":");
  const type = identifierTypes.find((one) => one === text.slice(0, colon).trim());
  const value = type && normaliseIdentifier(type, text.slice(colon + 1));
  if (!type || value === undefined)
    throw badRequest(
      "invalid_identifier",
      "identifier",
      "type:value is needed, such as email:ada@example.com",
    );
  return identifierId(await api.secrets.namespace(), type, value);
}

/**
 * Those of a contact that an identifier has to be told apart from: all its strong ones, since links lead from each to each; of a
 * browser those it was seen with. Where it is none of the contact's, those whose link with it was refused: an identifier that was
 * seen with too many joins somebody again when it is told apart from the others.
 */
function membersBeside({ person }: JudgedContact, id: string): string[] {
  const { strong, weak, refused } = person.identity;
  const others = strong.map(({ identifierId }) => identifierId).filter((member) => member !== id);
  if (strong.length > others.length) return others;
  const device = weak.find(({ identifierId }) => identifierId === id);
  const curable = refused.filter(({ reason }) => reason !== "separated_by_hand" && reason !== "weak");
  const seenWith = new Set([
    ...(device?.claims.map(({ identifierId }) => identifierId) ?? []),
    ...curable.filter(({ ids }) => ids.includes(id)).flatMap(({ ids }) => ids),
  ]);
  return [...others, ...weak.map(({ identifierId }) => identifierId)].filter(
    (member) => member !== id && seenWith.has(member),
  );
}

const isMember = ({ contact }: JudgedContact, id: string): boolean =>
  contact.identifiers.length > 1 && contact.identifiers.some(({ identifierId }) => identifierId === id);

const standsApart = ({ person }: JudgedContact, id: string): boolean =>
  person.identity.refused.some(({ ids, reason }) => ids.includes(id) && reason === "separated_by_hand");

/**
 * Those that an identifier joins again: all whom the words hold apart from it by which it stands apart from the contact, since one of
 * them may have been in the contact through the identifier only. Of a contact that is nothing but the identifier, by its last word.
 */
function separatedFrom({ person }: JudgedContact, id: string, said: readonly HandFact[]): string[] {
  const latest = new Map(said.toSorted(compareHands).map((word) => [word.other, word]));
  const standing = [...latest.values()].filter(({ act }) => act === "separated").sort(compareHands);
  const { strong, weak } = person.identity;
  const members = new Set([...strong, ...weak].map(({ identifierId }) => identifierId));
  const isAlone = members.has(id) && strong.every(({ identifierId }) => identifierId === id);
  const words = isAlone ? standing.slice(-1) : standing.filter(({ other }) => members.has(other));
  const taken = new Set(words.map((word) => word.id));
  return standing.filter((word) => taken.has(word.id)).map(({ other }) => other);
}

/** The time of a word, behind all that was said before: clocks differ, and the last word is to hold. */
function behind(said: readonly HandFact[], now: Date): string {
  const before = said.map(({ at }) => Date.parse(at) + 1);
  return new Date(before.reduce((a, b) => Math.max(a, b), now.getTime())).toISOString();
}
