import { isBot } from "isbot";

/**
 * Mail gateways that fetch links under their own name inside what else looks like a browser, which `isbot` then takes for one.
 * None of them publishes a list of its agents or of all addresses it clicks from, and most pose as an ordinary browser: those are
 * told by what they do. Names of virus scanners that also stand in readers' browsers are left out on purpose.
 */
const gateways =
  /barracuda|proofpoint|mimecast|messagelabs|fireeye|ironport|cisco ?secure ?email|fortimail|safe ?links|hornetsecurity/i;

/**
 * Whether a client says that it is a program. One that says nothing is not judged by that: proxies and mail programs leave the
 * name out for readers too.
 */
export const isScannerAgent = (userAgent: string): boolean =>
  userAgent.trim() !== "" && (isBot(userAgent) || gateways.test(userAgent));
