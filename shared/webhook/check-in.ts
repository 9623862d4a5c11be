import { checkInToTouchpoint } from "../request/check-ins.ts";
import { completeName, type PersonName } from "../request/person-name.ts";
import type { Campaign, Identifiers, TouchpointInput, Traits } from "../touchpoint/touch.ts";
import { cut, present } from "./read.ts";

/** Somebody came to an event, as an event app says it. */
export interface Attendance {
  /** The app's id of it. */
  id: string | undefined;
  occurredAt: string | undefined;
  identifiers: Identifiers;
  traits: Traits;
  event: { id: string | undefined; name: string | undefined; url?: string | undefined };
  campaign?: Campaign | undefined;
  properties: Record<string, unknown>;
}

/** The touch that an attendance is: as a check-in of our own route is, the event is its asset, and its campaign where none is named. */
export function attended(attendance: Attendance): TouchpointInput {
  const { id, occurredAt, identifiers, traits, event, campaign, properties } = attendance;
  const touch = checkInToTouchpoint({
    id,
    event: { id: cut(event.id, 300), name: cut(event.name, 500) },
    attendee: { ...identifiers, ...traits },
    checkedInAt: occurredAt,
    campaign,
    properties,
  });
  return { ...touch, asset: { ...touch.asset, url: event.url } };
}

/** A person's name as apps send it: in parts, whole, or both. */
export function namesOf(known: { [Part in keyof PersonName]: string | undefined }, whole?: string): Traits {
  const { firstName, lastName } = completeName({ ...present<PersonName>(known) }, whole ?? "");
  return { ...present<Traits>({ firstName: cut(firstName, 200), lastName: cut(lastName, 200) }) };
}
