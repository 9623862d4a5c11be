import { createHmac } from "node:crypto";
import { parseTime } from "../request/time.ts";
import { type Finding, unusable } from "../touchpoint/finding.ts";
import type { Traits } from "../touchpoint/touch.ts";
import { type Ask, type Credentials, LookUpFailed, type WebhookAdapter } from "./adapter.ts";
import { attended, namesOf } from "./check-in.ts";
import { at, cut, isObject, present, text } from "./read.ts";
import { checkSigned, signedTime } from "./signed-request.ts";

const tolerance = 5 * 60 * 1000;

/** Zoom has hundreds of events, of which an app gets those it asked for. */
const anyEvent = /^[a-z_]+(\.[a-z_]+)+$/;

const joined = new Set(["webinar.participant_joined", "meeting.participant_joined"]);

/**
 * Zoom: who joins a webinar has come to an event, a check-in; who joins a meeting has met us. A registration is neither yet. Of a
 * participant without an e-mail address who had registered, the registrant is asked for at Zoom's API, with the account's
 * server-to-server OAuth app. The signature is `v0=`, hex over `v0:timestamp:body`.
 * https://developers.zoom.us/docs/api/webhooks/
 */
export const zoom: WebhookAdapter = {
  headers: [],
  needs: ["secrets"],
  takes: ["accountId", "clientId", "clientSecret"],

  verify({ body, headers }, credentials, now) {
    const timestamp = headers["x-zm-request-timestamp"]?.trim();
    const signature = /^v0=(\S+)$/.exec(headers["x-zm-signature"]?.trim() ?? "")?.[1];
    return checkSigned(
      {
        header: "x-zm-signature with x-zm-request-timestamp",
        given: signature && timestamp ? [signature] : [],
        data: Buffer.concat([Buffer.from(`v0:${timestamp}:`), body]),
        encoding: "hex",
        signedAt: signedTime(timestamp, "seconds"),
      },
      credentials,
      now,
      tolerance,
    );
  },

  handshake(value, { secrets }) {
    const plainToken = text(value, "payload", "plainToken");
    const secret = secrets[0];
    if (text(value, "event") !== "endpoint.url_validation" || !plainToken || !secret) return undefined;
    const encryptedToken = createHmac("sha256", secret).update(plainToken).digest("hex");
    return { answer: { plainToken, encryptedToken } };
  },

  findings(value) {
    const kind = text(value, "event") ?? "";
    if (!joined.has(kind)) {
      if (anyEvent.test(kind)) return [{ ignored: kind }];
      return [unusable(value, "unknown_event", "event", "this is no event of Zoom")];
    }
    const email = text(value, ...participant, "email");
    if (email !== undefined) return [met(value, email, {})];
    if (text(value, ...participant, "registrant_id") !== undefined) return [{ item: value, lookUp: true }];
    const detail =
      "Zoom knows no e-mail address of this participant: ask for registration, so that it knows who joins";
    return [unusable(value, "missing_identifier", "payload.object.participant.email", detail)];
  },

  async lookUp(item, credentials, ask) {
    const url = registrantUrl(item);
    if (url === undefined) {
      const detail = "the ids of the meeting and of the registrant are not as Zoom makes them";
      return unusable(item, "invalid_field", "payload.object.participant.registrant_id", detail);
    }
    const { accountId, clientId, clientSecret } = credentials;
    if (!accountId || !clientId || !clientSecret) {
      const detail = `the participant has no e-mail address; set accountId, clientId and clientSecret of a server-to-server OAuth app, so that the registrant can be asked for`;
      return unusable(item, "missing_identifier", "payload.object.participant.email", detail);
    }
    const authorization = `Bearer ${await tokenOf({ accountId, clientId, clientSecret }, ask)}`;
    const { status, value } = await ask(url, { headers: { authorization, accept: "application/json" } });
    const code = text(value, "code");
    // 300: no such id. What else Zoom calls a bad request, a scope that the app lacks for one, can be mended there.
    if (status === 404 || (status === 400 && code === "300")) {
      const detail = "Zoom has no such registrant any more";
      return unusable(item, "not_found", "payload.object.participant.registrant_id", detail);
    }
    if (status !== 200 || !isObject(value)) {
      const number = code && /^\d+$/.test(code) ? `, code ${code}` : "";
      throw new LookUpFailed(`Zoom's registrant answered ${status}${number}`);
    }
    const email = text(value, "email");
    if (email === undefined) {
      const detail = "Zoom knows no e-mail address of this registrant";
      return unusable(item, "missing_identifier", "payload.object.participant.email", detail);
    }
    return met(item, email, registrantTraits(value));
  },
};

const participant = ["payload", "object", "participant"] as const;

/** The registrant's address, made of ids that cannot lead anywhere else. */
function registrantUrl(item: unknown): string | undefined {
  const meeting = text(item, "payload", "object", "id") ?? "";
  const registrant = text(item, ...participant, "registrant_id") ?? "";
  if (!/^\d{1,20}$/.test(meeting) || !/^[\w+/=-]{1,200}$/.test(registrant)) return undefined;
  const kind = text(item, "event") === "webinar.participant_joined" ? "webinars" : "meetings";
  return `https://api.zoom.us/v2/${kind}/${meeting}/registrants/${encodeURIComponent(registrant)}`;
}

/** An access token, good for an hour. https://developers.zoom.us/docs/internal-apps/s2s-oauth/ */
async function tokenOf(
  {
    accountId,
    clientId,
    clientSecret,
  }: Required<Pick<Credentials, "accountId" | "clientId" | "clientSecret">>,
  ask: Ask,
): Promise<string> {
  const query = new URLSearchParams({ grant_type: "account_credentials", account_id: accountId });
  const basic = Buffer.from(`${clientId}:${clientSecret}`).toString("base64");
  const { status, value } = await ask(`https://zoom.us/oauth/token?${query}`, {
    method: "POST",
    headers: { authorization: `Basic ${basic}`, accept: "application/json" },
  });
  const token = status === 200 ? text(value, "access_token") : undefined;
  if (token === undefined) throw new LookUpFailed(`Zoom's token answered ${status}`);
  return token;
}

/** The touch that joining is. A second joining of the same webinar is another touch, which the policy counts once a day. */
function met(item: unknown, email: string, registrant: Traits): Finding {
  const object = at(item, "payload", "object");
  const person = at(object, "participant");
  const joinTime = text(person, "join_time");
  const who = ["participant_uuid", "registrant_id", "id", "user_id", "email"]
    .map((name) => text(person, name))
    .find((found) => found !== undefined);
  const uuid = text(object, "uuid") ?? text(object, "id");
  const joining = {
    // Without a time one joining cannot be told from the next: the payload as a whole has to do.
    id: joinTime === undefined ? undefined : cut([uuid, who, joinTime].join(" "), 500),
    occurredAt: joinTime ?? parseTime(text(item, "event_ts") ?? ""),
    identifiers: { email },
    traits: {
      ...namesOf({ firstName: undefined, lastName: undefined }, text(person, "user_name")),
      ...present<Traits>({ phone: cut(text(person, "phone_number"), 100) }),
      ...registrant,
    },
    properties: { ...present({ uuid, startTime: text(object, "start_time") }) },
  };
  const asset = { id: text(object, "id") ?? uuid, name: text(object, "topic") };
  if (text(item, "event") === "webinar.participant_joined")
    return { item, facts: [{ touch: attended({ ...joining, event: asset }) }] };
  return {
    item,
    facts: [
      {
        touch: {
          ...joining,
          channel: "meeting",
          asset: { id: cut(asset.id, 300), name: cut(asset.name, 500) },
        },
      },
    ],
  };
}

const registrantTraits = (registrant: unknown): Traits => ({
  ...present<Traits>({
    firstName: cut(text(registrant, "first_name"), 200),
    lastName: cut(text(registrant, "last_name"), 200),
    company: cut(text(registrant, "org"), 300),
    jobTitle: cut(text(registrant, "job_title"), 300),
    phone: cut(text(registrant, "phone"), 100),
    country: cut(text(registrant, "country"), 100),
  }),
});
