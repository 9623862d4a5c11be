/** What finds an entry of the quarantine: when it was received, ISO 8601 UTC with milliseconds, and its id. */
export interface QuarantinePlace {
  receivedAt: string;
  id: string;
}

/** An entry's id for callers: it carries its place, so that the entry can be found. */
export const publicQuarantineId = ({ receivedAt, id }: QuarantinePlace): string =>
  `${Date.parse(receivedAt)}.${id}`;

/** The place of an entry's public id, or undefined where it is none. */
export function parseQuarantineId(publicId: string): QuarantinePlace | undefined {
  const [, time, id] = /^(\d{13})\.([0-9A-Za-z-]{1,100})$/.exec(publicId) ?? [];
  return time && id ? { receivedAt: new Date(Number(time)).toISOString(), id } : undefined;
}
