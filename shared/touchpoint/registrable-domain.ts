import { domainToASCII } from "node:url";
import { getDomain } from "tldts";

const lookUp = { extractHostname: false, validateHostname: true, detectIp: true } as const;

/**
 * The domain that somebody registered, of a host name: `eu.acme.co.uk` is `acme.co.uk`, by the Public Suffix List
 * (publicsuffix.org). Its private part counts: below `uk.com` or `github.io` each name has an owner of its own; a name of that part
 * itself is its operator's. A top-level domain that the list does not know is taken as one label.
 * @returns lower-case ASCII; undefined for an IP address, a public suffix and what is no host name
 */
export function registrableDomain(host: string): string | undefined {
  if (host.length > 253) return undefined;
  const ascii = domainToASCII(host.trim().replace(/\.$/, ""));
  return (
    getDomain(ascii, { ...lookUp, allowPrivateDomains: true }) ??
    getDomain(ascii, { ...lookUp, allowPrivateDomains: false }) ??
    undefined
  );
}
