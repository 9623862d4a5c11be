/** What a policy asks of a contact's company beside the contact itself. */
export interface AccountPolicy {
  threshold: number;
  minContacts: number;
}

/** What one contact of an account adds: what counts in the window that ends now. */
export interface AccountContact {
  contactId: string;
  count: number;
  points: number;
}

/** How far an account has come: contacts with a counted touch, and what is counted of all of them. */
export interface AccountSum {
  contacts: number;
  count: number;
  points: number;
}

/** The sum over an account's contacts; a contact given twice counts once. */
export function accountSum(contacts: Iterable<AccountContact>): AccountSum {
  const each = new Map<string, AccountContact>();
  for (const contact of contacts) each.set(contact.contactId, contact);
  const counted = [...each.values()].filter(({ count }) => count > 0);
  return {
    contacts: counted.length,
    count: counted.reduce((sum, { count }) => sum + count, 0),
    // In thousandths, in which a policy's points are whole.
    points: counted.reduce((sum, { points }) => sum + Math.round(points * 1000), 0) / 1000,
  };
}

/** Whether an account has the reach that a policy asks for. */
export const accountReached = (asked: AccountPolicy, sum: AccountSum): boolean =>
  Math.round(sum.points * 1000) >= Math.round(asked.threshold * 1000) && sum.contacts >= asked.minContacts;
