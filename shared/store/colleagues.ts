import { statusOf } from "../lead/stage.ts";
import type { Colleague } from "../lead/surroundings.ts";
import type { Policy } from "../policy/policy.ts";
import { compareText } from "../timeline/timeline.ts";
import { type AccountMember, readMembers } from "./account-members.ts";
import { readAccount } from "./accounts.ts";
import type { Table } from "./table.ts";

/** Addresses of a company that are looked at: of a larger one those with the smallest ids. */
const mostAddresses = 100;

const shown = 10;

/**
 * Who else at a company did something that counts in the window which ends now, or is or was a lead. Companies are read once, however
 * many of their people are asked for.
 */
export class Colleagues {
  readonly #table: Table;
  readonly #policy: Policy;
  readonly #now: string;
  readonly #named: boolean;
  readonly #read = new Map<string, Promise<Colleague[]>>();

  /** @param now ISO 8601 @param named whether they stand there by name and address, which no file may have */
  constructor(table: Table, policy: Policy, now: string, named: boolean) {
    this.#table = table;
    this.#policy = policy;
    this.#now = now;
    this.#named = named;
  }

  /** Of a contact, by the company domain of its best address: ten at most, leads first, then the latest. */
  async of(account: string | null, contactId: string): Promise<Colleague[]> {
    if (account === null) return [];
    const reading = this.#read.get(account) ?? this.#readAccount(account);
    this.#read.set(account, reading);
    return (await reading).filter((one) => one.contactId !== contactId).slice(0, shown);
  }

  async #readAccount(account: string): Promise<Colleague[]> {
    const { ids } = await readAccount(this.#table, account, { limit: mostAddresses });
    const members = await readMembers(this.#table, account, ids, {
      policy: this.#policy,
      now: this.#now,
      // A name may be years old.
      ...(this.#named && { whole: new Set(ids) }),
    });
    return members
      .filter(({ evaluation, contact }) => evaluation.count > 0 || contact.ledger.length > 0)
      .map((member) => this.#view(member))
      .sort(
        (a, b) =>
          Number(a.lead === null) - Number(b.lead === null) ||
          compareText(b.lastTouchAt ?? "", a.lastTouchAt ?? "") ||
          compareText(a.contactId, b.contactId),
      );
  }

  #view({ person, contact, lastTouchAt }: AccountMember): Colleague {
    const { firstName, lastName, jobTitle } = contact.traits;
    const latest = contact.ledger.at(-1);
    const name = [firstName, lastName].filter(Boolean).join(" ");
    return {
      contactId: contact.contactId,
      name: this.#named ? name || null : null,
      email: this.#named ? (contact.emails[0] ?? null) : null,
      jobTitle: this.#named ? (jobTitle ?? null) : null,
      lastTouchAt,
      lead: latest ? statusOf(person, latest) : null,
    };
  }
}
