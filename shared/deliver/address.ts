import { BlockList, isIP } from "node:net";

/** Addresses that are nobody's on the Internet: RFC 6890 and the registries of IANA for special purposes. */
const special = new BlockList();
for (const [network, prefix] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  // Link-local, with the metadata services of clouds.
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  // Multicast, what is reserved, and broadcast.
  ["224.0.0.0", 3],
] as const)
  special.addSubnet(network, prefix, "ipv4");
for (const [network, prefix] of [
  // Teredo and other protocols that carry another address inside, documentation, 6to4.
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
] as const)
  special.addSubnet(network, prefix, "ipv6");

/** All that is routed on the Internet today lies in here: not loopback, local, mapped or translated addresses. */
const globalUnicast = new BlockList();
globalUnicast.addSubnet("2000::", 3, "ipv6");

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** Whether an IP address is a host's on the Internet. Anything that is no address is not. */
export function isPublicAddress(address: string): boolean {
  const version = isIP(address);
  if (version === 4) return !special.check(address, "ipv4");
  return version === 6 && globalUnicast.check(address, "ipv6") && !special.check(address, "ipv6");
}

/** Whether an IP address is this machine's own. */
export function isLoopback(address: string): boolean {
  const version = isIP(address);
  return version !== 0 && loopback.check(address, version === 4 ? "ipv4" : "ipv6");
}

/** What may be reached: hosts on the Internet over TLS, and where the product itself answers on one machine without, that machine. */
export type Reach = "internet" | "this-machine-too";

/** @param publicUrl where the HTTP API answers */
export function reachOf(publicUrl: string): Reach {
  const { protocol, hostname } = new URL(publicUrl);
  return protocol === "http:" && (hostname === "localhost" || isLoopback(bare(hostname)))
    ? "this-machine-too"
    : "internet";
}

/** An IPv6 address without its brackets. */
const bare = (hostname: string): string => hostname.replace(/^\[(.*)\]$/, "$1");

/** The address that a URL names instead of a host; undefined where it names a host. */
export function literalAddress({ hostname }: URL): string | undefined {
  const address = bare(hostname);
  return isIP(address) ? address : undefined;
}

export const mayReach = (address: string, reach: Reach): boolean =>
  isPublicAddress(address) || (reach === "this-machine-too" && isLoopback(address));

/** Names that lead nowhere on the Internet: RFC 6761, RFC 6762, and what clouds use inside. */
const localName = /(^|\.)(localhost|local|internal|home\.arpa|localdomain)\.?$/i;

/**
 * What is wrong with the URL of a webhook; undefined where nothing is. What its name leads to is looked at when something is sent there: it
 * may change at any time.
 */
export function urlFault(text: string, reach: Reach): string | undefined {
  if (!URL.canParse(text)) return "this is no URL";
  const url = new URL(text);
  const local = reach === "this-machine-too";
  if (url.protocol !== "https:" && !(local && url.protocol === "http:"))
    return "the URL must begin with https://";
  if (url.username || url.password) return "the URL must hold no user name and no password";
  if (url.hash) return "the URL must have no fragment: it would never be sent";
  const address = literalAddress(url);
  if (address !== undefined)
    return mayReach(address, reach) ? undefined : "the address is private, or nobody's on the Internet";
  if (localName.test(url.hostname) && !(local && url.hostname === "localhost"))
    return "the host is not one on the Internet";
  return /\./.test(url.hostname) || url.hostname === "localhost"
    ? undefined
    : "the host is not one on the Internet";
}
