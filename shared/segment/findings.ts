import { type FactInput, type Finding, unusable } from "../touchpoint/finding.ts";
import type { PersonFactInput } from "../touchpoint/person-fact.ts";
import { type Channel, directions, type TouchpointInput, type Traits } from "../touchpoint/touch.ts";
import { at, isObject, present, text } from "../webhook/read.ts";
import { assetOf, campaignOf, clientOf } from "./circumstances.ts";
import { eventMeanings, type Meaning } from "./events.ts";
import { isMessage, type Message, type MessageType, messagesOf } from "./message.ts";
import { type Person, personOf, previousIdentifiers, traitsAmongProperties, traitsOf } from "./person.ts";
import { occurredAtOf } from "./time.ts";

/** What a body is read with. */
export interface SegmentReading {
  /** ISO 8601 UTC. */
  receivedAt: string;
  /** The key of a `public` source is in a web page: it sends forms and pages, and says nothing else of anybody. */
  sourceType: "public" | "server";
  /** The source's own names of events: `{"Whitepaper Downloaded": "form"}`. */
  events?: Readonly<Record<string, Channel>> | undefined;
  /** The type of a single message, by its address. */
  type?: MessageType | undefined;
  /** The browser that sent a request, for messages that do not say it. */
  client?: { userAgent?: string; ip?: string } | undefined;
}

type Understand = (name: string) => Meaning;

/**
 * What a body of the Segment HTTP API says: of a batch, of a single message, or of one message as quarantine keeps it. Never
 * throws. https://www.twilio.com/docs/segment/connections/sources/catalog/libraries/server/http-api
 */
export function segmentFindings(body: unknown, reading: SegmentReading): Finding[] {
  const { receivedAt, sourceType, type, events } = reading;
  const understand = eventMeanings(events);
  return messagesOf(body, type, { ...reading.client }).map((message) => {
    if (!isObject(message)) return unusable(message, "not_an_object", "", "a message is a JSON object");
    if (!isMessage(message)) {
      const detail = "a message is one of track, identify, page, screen, group, alias";
      return unusable(message, "unknown_type", "type", detail);
    }
    return findingOf(message, receivedAt, sourceType === "public", understand);
  });
}

function findingOf(message: Message, receivedAt: string, isPublic: boolean, understand: Understand): Finding {
  const { type } = message;
  if (isPublic && (type === "identify" || type === "group" || type === "alias"))
    return { ignored: `${type} with a public key` };
  const person = personOf(message, isPublic);
  const about = {
    id: text(message, "messageId"),
    occurredAt: occurredAtOf(message, receivedAt),
    identifiers: person.identifiers,
  };
  const facts = (...some: PersonFactInput[]): Finding => ({
    item: message,
    facts: some.map((fact): FactInput => ({ person: fact })),
  });
  switch (type) {
    case "track":
      return trackFinding(message, person, about, isPublic, understand);
    case "page":
    case "screen":
      return { item: message, facts: [{ touch: touchOf(message, person, about, "page") }] };
    case "identify": {
      const linked = person.otherEmail ? [{ ...link(about), also: { email: person.otherEmail } }] : [];
      return facts(
        said(about, traitsOf(at(message, "traits")) ?? traitsOf(at(message, "context", "traits"))),
        ...linked,
      );
    }
    case "group":
      return facts(said(about, company(message)));
    case "alias": {
      const previousId = text(message, "previousId");
      if (previousId === undefined) {
        return unusable(message, "missing_previous_id", "previousId", "an alias names a previousId");
      }
      return facts({ ...link(about), also: previousIdentifiers(previousId) });
    }
  }
}

type About = Pick<TouchpointInput, "id" | "occurredAt" | "identifiers">;

const link = (about: About) => ({ type: "link" as const, ...about });

/** Traits, or only that these identifiers were seen together. */
const said = (about: About, traits: Traits | undefined): PersonFactInput =>
  traits ? { type: "traits", ...about, traits } : link(about);

function company(message: Message): Traits | undefined {
  const name = text(message, "traits", "name");
  return name && name.length <= 300 ? { company: name } : undefined;
}

function trackFinding(
  message: Message,
  person: Person,
  about: About,
  isPublic: boolean,
  understand: Understand,
): Finding {
  const event = text(message, "event");
  if (event === undefined) return unusable(message, "missing_event", "event", "a track names its event");
  const meaning = understand(event);
  if ("ignored" in meaning) return meaning;
  if ("channel" in meaning) {
    const channel = isPublic && meaning.channel !== "form" ? "page" : meaning.channel;
    return { item: message, facts: [{ touch: touchOf(message, person, about, channel, event) }] };
  }
  if (isPublic) return { ignored: "what became of an e-mail, with a public key" };
  const properties = at(message, "properties");
  const ofMessage = { message: text(properties, "email_id"), campaign: campaignOf(message) };
  const fact: PersonFactInput =
    "delivery" in meaning
      ? { type: "delivery", status: meaning.delivery, ...about, ...ofMessage }
      : { type: "consent", purpose: "email", status: meaning.consent, ...about, ...ofMessage };
  return { item: message, facts: [{ person: fact }] };
}

/** @param event of a `track` */
function touchOf(
  message: Message,
  { claimedUser }: Person,
  about: About,
  channel: Channel,
  event?: string,
): TouchpointInput {
  const properties = at(message, "properties");
  // Of the others the person acted; their `direction` is that of a link.
  const either = channel === "meeting" || channel === "call" || channel === "direct_mail";
  const direction = either ? directions.find((one) => one === text(properties, "direction")) : undefined;
  const asked = channel === "page" ? undefined : traitsAmongProperties(properties);
  return {
    ...about,
    channel,
    direction,
    traits: present<Traits>({ ...traitsOf(at(message, "context", "traits")), ...asked }),
    campaign: campaignOf(message),
    asset: assetOf(message, channel, event),
    client: clientOf(message),
    properties: {
      ...(isObject(properties) ? properties : {}),
      ...(claimedUser ? { userId: claimedUser } : {}),
    },
  };
}
