import type { Policy } from "../policy/policy.ts";
import type { Contact, Person } from "../timeline/contact.ts";
import { compareText } from "../timeline/timeline.ts";
import { emailDomain } from "../touchpoint/identifier.ts";
import { registrableDomain } from "../touchpoint/registrable-domain.ts";
import { compareDeals } from "./deal.ts";
import { foldFeedback } from "./feedback.ts";

/** What says whose a contact is. */
export const ownerSources = ["feedback", "deal", "rule"] as const;

/** Whose a contact was from a time on. */
export interface Ownership {
  owner: string;
  /** ISO 8601; null for what a rule says now. */
  from: string | null;
  by: (typeof ownerSources)[number];
}

type Ruled = Pick<Contact, "emails" | "traits" | "segments">;
type OwnerRules = Pick<Policy, "owners">;

const folded = (text: string | undefined): string => (text ?? "").trim().toLowerCase();

/** Whose a contact is by the first rule that fits in all that it names; null where none does. */
export function ruledOwner({ emails, traits, segments }: Ruled, { owners }: OwnerRules): string | null {
  const domains = new Set(emails.map((email) => registrableDomain(emailDomain(email))));
  const rule = owners.find(
    ({ segment, domain, country }) =>
      (segment === undefined || segments.includes(segment)) &&
      (domain === undefined || domains.has(domain)) &&
      (country === undefined || folded(country) === folded(traits.country)),
  );
  return rule?.owner ?? null;
}

/**
 * Whose a contact has been, oldest first: whoever answered a lead of theirs, whoever a deal of theirs was said to be with; before that
 * whoever the rules named when a lead was handed over. Where nobody has said anything, what the rules say now. A further word for the
 * same owner is no change. It depends on the set of facts and on the policy only.
 */
export function ownersOf(person: Person, contact: Ruled, policy: OwnerRules): Ownership[] {
  const words = wordsOf(person);
  const first = words[0]?.at ?? "~";
  const ruled = ownPartitions(person)
    .flatMap(({ ledger }) => ledger)
    .flatMap(({ owner, exportedAt }): Word[] =>
      owner !== undefined && exportedAt !== undefined && exportedAt < first
        ? [{ owner, at: exportedAt, by: "rule" }]
        : [],
    )
    .sort(compareWords);
  const now = words.length === 0 ? ruledOwner(contact, policy) : null;
  const history = [...ruled, ...words].map(({ at, ...word }): Ownership => ({ ...word, from: at }));
  if (now !== null) history.push({ owner: now, from: null, by: "rule" });
  return history.filter(({ owner }, index) => history[index - 1]?.owner !== owner);
}

/** Whose a contact is: by the latest word of feedback and deals, else by the rules; null where nothing says. */
export const ownerOf = (person: Person, contact: Ruled, policy: OwnerRules): string | null =>
  wordsOf(person).at(-1)?.owner ?? ruledOwner(contact, policy);

interface Word {
  owner: string;
  at: string;
  by: Ownership["by"];
}

const compareWords = (a: Word, b: Word): number =>
  compareText(a.at, b.at) || compareText(b.by, a.by) || compareText(a.owner, b.owner);

const ownPartitions = ({ identity, partitions }: Person): Person["partitions"] => {
  const strong = new Set(identity.strong.map(({ identifierId }) => identifierId));
  return partitions.filter(({ identifierId }) => strong.size === 0 || strong.has(identifierId));
};

/** What was said of whose a person is, oldest first. Of versions of a deal those that name the person. */
function wordsOf(person: Person): Word[] {
  const partitions = ownPartitions(person);
  const own = new Set(partitions.map(({ identifierId }) => identifierId));
  const feedback = Map.groupBy(
    partitions.flatMap(({ feedback }) => feedback),
    ({ leadId }) => leadId,
  );
  const answers = [...feedback.values()].flatMap((all) =>
    foldFeedback(all).history.flatMap(({ applied, by, occurredAt }): Word[] =>
      applied && by !== undefined ? [{ owner: by, at: occurredAt, by: "feedback" }] : [],
    ),
  );
  const deals = partitions
    .flatMap(({ deals }) => deals)
    .filter(({ contacts }) => contacts.some(({ identifierIds }) => identifierIds.some((id) => own.has(id))))
    .sort(compareDeals)
    .flatMap(({ owner, updatedAt }): Word[] =>
      owner === undefined ? [] : [{ owner, at: updatedAt, by: "deal" }],
    );
  return [...answers, ...deals].sort(compareWords);
}
