import { type AccountPolicy, accountReached, accountSum } from "../policy/account.ts";
import type { Policy } from "../policy/policy.ts";
import { mostAddresses, readMembers } from "../store/account-members.ts";
import { readAccount } from "../store/accounts.ts";
import type { Table } from "../store/table.ts";
import { type Contact, foldContact, type Person } from "../timeline/contact.ts";

/** How far a contact's company has come, where the policy asks for it. */
export interface AccountReach {
  /** Null for a contact without a company: it never has what is asked of one. */
  domain: string | null;
  /** Its people with a touch that counts in the window that ends now. */
  contacts: number;
  points: number;
  threshold: number;
  minContacts: number;
  reached: boolean;
}

interface Account extends AccountReach {
  domain: string;
  /** Who may be a lead by their own touches: contactIds, each with one of its addresses. */
  promising: Map<string, string>;
}

/**
 * The accounts that one judging of contacts asks for, each read once however many of its people are judged. Of an account with
 * more than a thousand addresses the thousand with the smallest ids are read: what its others did adds nothing to its reach.
 */
export class Accounts {
  readonly #table: Table;
  readonly #policy: Policy;
  readonly #now: string;
  readonly #read = new Map<string, Promise<Account>>();
  readonly #handedOut = new Set<string>();

  /** @param now ISO 8601: where the window ends */
  constructor(table: Table, policy: Policy, now: string) {
    this.#table = table;
    this.#policy = policy;
    this.#now = now;
  }

  /**
   * The reach of a contact's company; of several, of the first that has what is asked, else of that of its best address.
   * @returns null where the policy asks for none
   */
  async reachOf({ accounts }: Pick<Contact, "accounts">): Promise<AccountReach | null> {
    const asked = this.#policy.account;
    if (!asked) return null;
    let best: Account | undefined;
    for (const domain of accounts) {
      const account = await this.#account(domain, asked);
      if (account.reached || !best) best = account;
      if (account.reached) break;
    }
    if (!best) return { domain: null, contacts: 0, points: 0, ...asked, reached: false };
    const { promising: _, ...reach } = best;
    return reach;
  }

  /** Whether a person's company has what the policy asks; true where it asks nothing. */
  async allow(person: Person): Promise<boolean> {
    if (!this.#policy.account) return true;
    return (await this.reachOf(foldContact(person, this.#policy)))?.reached ?? true;
  }

  /**
   * Colleagues whom what a person did may have made leads: their company has what is asked, and their own touches may qualify them.
   * Those of one company are handed out once.
   * @returns an identifierId of each; none where the policy asks nothing of accounts
   */
  async colleaguesOf(person: Person): Promise<string[]> {
    const asked = this.#policy.account;
    if (!asked) return [];
    const { accounts, contactId } = foldContact(person, this.#policy);
    const colleagues = new Map<string, string>();
    for (const domain of accounts) {
      if (this.#handedOut.has(domain)) continue;
      this.#handedOut.add(domain);
      const { reached, promising } = await this.#account(domain, asked);
      if (reached) for (const [id, address] of promising) colleagues.set(id, address);
    }
    colleagues.delete(contactId);
    return [...colleagues.values()];
  }

  #account(domain: string, asked: AccountPolicy): Promise<Account> {
    const known = this.#read.get(domain);
    if (known) return known;
    const reading = this.#readAccount(domain, asked);
    this.#read.set(domain, reading);
    return reading;
  }

  async #readAccount(domain: string, asked: AccountPolicy): Promise<Account> {
    const { ids } = await readAccount(this.#table, domain, { limit: mostAddresses });
    const members = await readMembers(this.#table, domain, ids, { policy: this.#policy, now: this.#now });
    const sum = accountSum(
      members.map(({ contact: { contactId }, evaluation: { count, points } }) => ({
        contactId,
        count,
        points,
      })),
    );
    const promising = members.filter(({ evaluation }) => evaluation.qualifiedAt !== null);
    return {
      domain,
      contacts: sum.contacts,
      points: sum.points,
      ...asked,
      reached: accountReached(asked, sum),
      promising: new Map(promising.map(({ contact, addresses }) => [contact.contactId, addresses[0]!])),
    };
  }
}
