// The whole list, not the common ones: those leave out `hotmail.co.uk` and `live.fr`, and a provider that is taken for a company
// makes one account of all its customers.
import listedProviders from "email-providers/all.json" with { type: "json" };
import { emailDomain } from "./identifier.ts";
import { registrableDomain } from "./registrable-domain.ts";

/** Providers under every country's domain, so that none is forgotten. */
const providerNames = new Set([
  "aol",
  "gmail",
  "gmx",
  "googlemail",
  "hotmail",
  "icloud",
  "outlook",
  "protonmail",
  "rocketmail",
  "tutanota",
  "windowslive",
  "yahoo",
  "yandex",
  "ymail",
]);

/** Mailboxes for private people that the list does not know, most of them of Europe's providers of internet access. */
const furtherProviders =
  "a1.net alice-dsl.de alice-dsl.net alice.de aliceadsl.fr aon.at atlas.cz azet.sk bbox.fr bredband.net broadpark.no caiway.nl " +
  "casema.nl cegetel.net chello.at citromail.hu comhem.se disroot.org drei.at duck.com elisanet.fi ewetel.net fastmail.com " +
  "getmail.no hispeed.ch inode.at internet.ru jubii.dk kabelbw.de kabsi.at keemail.me kolumbus.fi liwest.at live.at " +
  "live.com.pt live.no live.se mail.de mail.dk netcologne.de netplus.ch numericable.fr o2mail.de o2online.de online.no op.pl " +
  "osnanet.de pandora.be posteo.de quickline.ch quicknet.nl riseup.net scarlet.be solcon.nl suomi24.fi t-online.at telfort.nl " +
  "tuta.com tuta.io tutamail.com unitybox.de upcmail.nl utanet.at versanet.de versatel.nl vodafone.de vodafonemail.de vp.pl " +
  "vtxnet.ch xs4all.nl zeelandnet.nl ziggo.nl zoho.eu zoho.in zohomail.com zohomail.eu zoznam.sk";

/** Companies and universities that the list has for a mailbox they once gave away; their own people write from there. */
const companiesListed = [
  "ancestry.com",
  "bt.com",
  "clerk.com",
  "discovery.com",
  "dnsmadeeasy.com",
  "nus.edu.sg",
  "parrot.com",
  "swissinfo.org",
  "techspot.com",
  "unican.es",
];

let providers: Set<string> | undefined;

/** Whether a domain gives mailboxes to anybody: freemail, internet access, addresses for ten minutes. */
function givesMailboxes(host: string): boolean {
  if (!providers) {
    providers = new Set([...listedProviders, ...furtherProviders.split(" ")]);
    for (const company of companiesListed) providers.delete(company);
  }
  return providers.has(host);
}

/**
 * The registrable domain that a host belongs to, where it is a company's: whatever is no provider of mailboxes.
 * @param host `eu.acme.example`
 */
export function companyDomainOf(host: string): string | undefined {
  const domain = registrableDomain(host);
  if (domain === undefined || providerNames.has(domain.split(".", 1)[0]!)) return undefined;
  // A provider may be listed by a host below its domain, `privaterelay.appleid.com`, and owns what is below the listed one.
  for (let name = host.trim().toLowerCase(); name.length >= domain.length; ) {
    if (givesMailboxes(name)) return undefined;
    const dot = name.indexOf(".");
    if (dot < 0) break;
    name = name.slice(dot + 1);
  }
  return givesMailboxes(domain) ? undefined : domain;
}

/**
 * The account that an address belongs to: its company's registrable domain. An address of a function, `info@`, belongs to it
 * as well: it is nobody's, but it is the company that wrote.
 * @param email normalised
 * @returns undefined for freemail and disposable addresses, and where there is no domain to own
 */
export const companyDomain = (email: string): string | undefined => companyDomainOf(emailDomain(email));

/**
 * The accounts that a contact belongs to, that of its best address first; several for somebody who changed jobs.
 * @param emails normalised, the best first
 */
export function accountsOf(emails: readonly string[]): string[] {
  const domains = emails.map(companyDomain).filter((domain) => domain !== undefined);
  return [...new Set(domains)];
}
