import { createHash } from "node:crypto";

/**
 * The keys of the one table. Every key name exists here once; infra derives from the same prefixes which
 * partitions a function may touch (`dynamodb:LeadingKeys`).
 */

/** Partition prefixes and fixed partitions, as IAM sees them. */
export const partitions = {
  person: "person#",
  active: "active#",
  held: "held#",
  account: "account#",
  deal: "deal#",
  outbox: "outbox",
  quarantine: "quarantine#",
  singleUse: "single-use#",
  activity: "activity#",
  config: "config",
  secret: "secret",
  suppressions: "suppressions",
  erasures: "erasures",
  run: "run",
  imports: "import",
  /** What was delivered to a webhook of others, or could not be. */
  webhooks: "webhook#",
  whatIf: "what-if#",
} as const;

/** What lies in the bucket, by the first part of its key. */
export const objectPrefixes = {
  exports: "exports/",
  quarantine: "quarantine/",
  /** Files that are to be imported: they hold people's data and go when they are read. */
  uploads: "uploads/",
  /** What became of their rows. */
  imports: "imports/",
  /** The e-mail clicks that a run looked at, without any address: the night compares them with those of other people. */
  clicks: "clicks/",
} as const;

/** The sparse index that lists leads by status, and how its partitions begin. */
export const leadsIndex = "leads";
export const leadsPrefix = "leads#";

export interface Key {
  pk: string;
  sk: string;
}

/** Sorts before every other fact of a person, so one query from a window's start reads the rest as well. */
export const touchPrefix = "at#";

export const personPartition = (identifierId: string): string => `${partitions.person}${identifierId}`;

/** @param occurredAt ISO 8601 in UTC with milliseconds, so that text order is time order */
export const touchKey = (identifierId: string, occurredAt: string, touchId: string, hash16: string): Key => ({
  pk: personPartition(identifierId),
  sk: `${touchPrefix}${occurredAt}#${touchId}#${hash16}`,
});

/** What is worked out from a partition's touches and kept to be found quickly. Sorts before them, where nothing else is read. */
export const digestPrefixes = { stretch: "archive#ids#", late: "archive#late#" } as const;
/** The ids of a stretch of touches. @param last the place of its last touch: time, touchId and hash16 */
export const digestKey = (identifierId: string, last: string): Key => ({
  pk: personPartition(identifierId),
  sk: `${digestPrefixes.stretch}${last}`,
});
/** Touches that happened in a year came late. @param hour in which they were kept, `2026-11-21T10` @param year `2026` */
export const lateKey = (identifierId: string, hour: string, year: string): Key => ({
  pk: personPartition(identifierId),
  sk: `${digestPrefixes.late}${hour}#${year}`,
});

export const linkPrefix = "link#";
/** Seen together within one hour (`2026-11-21T10`) by one source; stands in both partitions. */
export const linkKey = (identifierId: string, other: string, hour: string, source: string): Key => ({
  pk: personPartition(identifierId),
  sk: `${linkPrefix}${other}#${hour}#${source}`,
});

export const handPrefix = "hand#";
/** A word by hand on a pair of identifiers; stands in both partitions. */
export const handKey = (identifierId: string, other: string, at: string, id: string): Key => ({
  pk: personPartition(identifierId),
  sk: `${handPrefix}${other}#${at}#${id}`,
});

export const verdictPrefix = "verdict#";
/** Whether a machine made a touch: the night's word, of which there is one. */
export const nightVerdictKey = (identifierId: string, touchId: string): Key => ({
  pk: personPartition(identifierId),
  sk: `${verdictPrefix}${touchId}#night`,
});
/** The same as a person says it. */
export const personVerdictKey = (identifierId: string, touchId: string, at: string, id: string): Key => ({
  pk: personPartition(identifierId),
  sk: `${verdictPrefix}${touchId}#person#${at}#${id}`,
});

/** All that says who an identifier belongs to stands between these two: words by hand, its value, leads, links. */
export const identityRange = { from: handPrefix, to: `${linkPrefix}~` } as const;
/** Behind the touches, all else that is known of a person. */
export const behindTouches = "at$";
/** Behind the links. */
export const behindLinks = "link$";

/** What a fact that is no touch is kept under; a cancellation by the touch it takes back. */
export const factPrefixes = {
  delivery: "delivery#",
  consent: "consent#",
  traits: "traits#",
  cancellation: "cancel#",
} as const;

/** @param about when it happened, ISO 8601 in UTC with milliseconds; for a cancellation the touch's id */
export const factKey = (
  identifierId: string,
  type: keyof typeof factPrefixes,
  about: string,
  factId: string,
  hash16: string,
): Key => ({
  pk: personPartition(identifierId),
  sk: `${factPrefixes[type]}${about}#${factId}#${hash16}`,
});

export const identifierKey = (identifierId: string): Key => ({
  pk: personPartition(identifierId),
  sk: "identifier",
});

/** What is left of an erased identifier: that it was somebody's, and no more. Sorts among what says who it belongs to. */
export const erasedSort = "identifier#erased";
export const erasedKey = (identifierId: string): Key => ({
  pk: personPartition(identifierId),
  sk: erasedSort,
});

/** An erased identifier: what names it is dropped. */
export const suppressionKey = (identifierId: string): Key => ({
  pk: partitions.suppressions,
  sk: identifierId,
});
export const erasureKey = (id: string): Key => ({ pk: partitions.erasures, sk: id });
/** Behind every erasure, and before what says how far each of them is. */
export const behindErasures = "done#";
/** How far an erasure has been through a day of the quarantine. */
export const erasureDonePrefix = (id: string): string => `${behindErasures}${id}#`;
export const erasureDoneKey = (id: string, day: string): Key => ({
  pk: partitions.erasures,
  sk: `${erasureDonePrefix(id)}${day}`,
});

export const leadPrefix = "lead#";
export const leadKey = (identifierId: string, cycle: string): Key => ({
  pk: personPartition(identifierId),
  sk: `${leadPrefix}${cycle}`,
});
/** Where a contact's lead stands in another of its partitions. @param home the identifierId of that one */
export const leadPointerKey = (identifierId: string, cycle: string, home: string): Key => ({
  pk: personPartition(identifierId),
  sk: `${leadPrefix}${cycle}#${home}`,
});

/** The same, once that lead was withdrawn. */
export const leadReleaseKey = (identifierId: string, cycle: string, home: string): Key => ({
  pk: personPartition(identifierId),
  sk: `${leadPrefix}${cycle}#${home}#withdrawn`,
});

export const feedbackPrefix = "feedback#";
/** An answer of sales, in the partition in which its lead stands. */
export const feedbackKey = (
  identifierId: string,
  cycle: string,
  occurredAt: string,
  feedbackId: string,
  hash16: string,
): Key => ({
  pk: personPartition(identifierId),
  sk: `${feedbackPrefix}${cycle}#${occurredAt}#${feedbackId}#${hash16}`,
});

export const receiptPrefix = "receipt#";
/** That a lead was received by a webhook. @param who the endpoint's id */
export const leadReceiptKey = (identifierId: string, cycle: string, at: string, who: string): Key => ({
  pk: personPartition(identifierId),
  sk: `${receiptPrefix}${cycle}#${at}#${who}`,
});

/** A version of a deal, as one of its contacts' partitions has it. */
export const contactDealPrefix = "deal#";
export const contactDealKey = (
  identifierId: string,
  dealId: string,
  updatedAt: string,
  hash16: string,
): Key => ({ pk: personPartition(identifierId), sk: `${contactDealPrefix}${dealId}#${updatedAt}#${hash16}` });
/** The same, where it is found by the deal. @param dealId UUID of the sender's id */
export const dealPartition = (dealId: string): string => `${partitions.deal}${dealId}`;
export const dealKey = (dealId: string, updatedAt: string, hash16: string): Key => ({
  pk: dealPartition(dealId),
  sk: `${updatedAt}#${hash16}`,
});

/** The shards of a day's markers: the first hex digit of the identifier, so a range of ids is a run of shards. */
export const shards = [..."0123456789abcdef"];

/** @param day `YYYY-MM-DD` in UTC, by the clock at the write */
export const activePartition = (day: string, shard: string): string => `${partitions.active}${day}#${shard}`;
/** The same for whom a day brought nothing that the night has to look at: only retention asks for them. */
export const heldPartition = (day: string, shard: string): string => `${partitions.held}${day}#${shard}`;
export const heldKey = (day: string, identifierId: string): Key => ({
  pk: heldPartition(day, identifierId.slice(0, 1)),
  sk: identifierId,
});
export const activeKey = (day: string, identifierId: string): Key => ({
  pk: activePartition(day, identifierId.slice(0, 1)),
  sk: identifierId,
});

/** @param domain a company's registrable domain */
export const accountPartition = (domain: string): string => `${partitions.account}${domain}`;
/** An address of a company: the key says it all. */
export const accountKey = (domain: string, identifierId: string): Key => ({
  pk: accountPartition(domain),
  sk: identifierId,
});

export const outboxKey = (leadId: string): Key => ({ pk: partitions.outbox, sk: leadId });
export const changePrefix = "change#";
/** A lead that sales has and that may be none any more: the next export looks at it. */
export const changeKey = (leadId: string): Key => ({
  pk: partitions.outbox,
  sk: `${changePrefix}${leadId}`,
});
/** What became of an exported lead whose line in the ledger is erased. Sorts behind erasures and how far they are. */
export const toldKey = (leadId: string): Key => ({ pk: partitions.erasures, sk: `told#${leadId}` });

export const quarantinePartition = (day: string): string => `${partitions.quarantine}${day}`;
export const quarantineKey = (receivedAt: string, id: string): Key => ({
  pk: quarantinePartition(receivedAt.slice(0, 10)),
  sk: `${receivedAt}#${id}`,
});

/** A token of a sender that is good for one item. */
export const singleUseKey = (source: string, token: string): Key => ({
  pk: `${partitions.singleUse}${source}`,
  sk: sha256Hex(token),
});

const padded = (number: number): string => String(number).padStart(10, "0");
export const policyPrefix = "policy#";
export const policyKey = (version: number): Key => ({
  pk: partitions.config,
  sk: `${policyPrefix}${padded(version)}`,
});
/** That a version of the policy was approved, by when it comes into force; what was approved last of one instant sorts last. */
export const approvalPrefix = "approval#";
/** @param from when it comes into force @param at when it was approved */
export const approvalKey = (from: string, at: string, version: number): Key => ({
  pk: partitions.config,
  sk: `${approvalPrefix}${from}#${at}#${padded(version)}`,
});
/** How the product fits the tools around it. */
export const settingsKey: Key = { pk: partitions.config, sk: "settings" };
export const sourcePrefix = "source#";
export const sourceKey = (id: string): Key => ({ pk: partitions.config, sk: `${sourcePrefix}${id}` });
export const accessKeyPrefix = "key#";
/** @param hash hex SHA-256 of a write key or an API key; the key itself is never stored */
export const accessKeyKey = (hash: string): Key => ({
  pk: partitions.config,
  sk: `${accessKeyPrefix}${hash}`,
});

/** What a provider's webhooks are checked by. */
export const sourceSecretKey = (id: string): Key => ({ pk: partitions.secret, sk: `${sourcePrefix}${id}` });

export const signingPrefix = "signing#";
export const signingKey = (kid: string): Key => ({ pk: partitions.secret, sk: `${signingPrefix}${kid}` });
export const namespaceKey: Key = { pk: partitions.secret, sk: "namespace" };

export const runKey = (number: number): Key => ({ pk: partitions.run, sk: padded(number) });
export const doneKey = (number: number, chunk: string): Key => ({
  pk: partitions.run,
  sk: `${padded(number)}#done#${chunk}`,
});
export const donePrefix = (number: number): string => `${padded(number)}#done#`;

export const importsPartition = partitions.imports;
export const importKey = (id: string): Key => ({ pk: importsPartition, sk: id });

/** Hex SHA-256 of a text. */
export const sha256Hex = (text: string): string => createHash("sha256").update(text).digest("hex");
