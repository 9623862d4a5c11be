import { createVerify } from "node:crypto";
import type { Rejection } from "./adapter.ts";
import { at, text } from "./read.ts";

/**
 * A host of Amazon SNS. Its region is spelt out, because `sns.s3-us-west-2.amazonaws.com` is a bucket of S3 that anybody could
 * have called `sns`.
 */
const snsHost = /^sns\.[a-z]+(-[a-z]+)+-\d+\.amazonaws\.com(\.cn)?$/;

/** An address on a host of SNS, by https, on the usual port, without a user. */
function snsUrl(address: unknown): URL | undefined {
  if (typeof address !== "string" || !URL.canParse(address)) return undefined;
  const url = new URL(address);
  const isPinned =
    url.protocol === "https:" &&
    snsHost.test(url.hostname) &&
    url.port === "" &&
    url.username === "" &&
    url.password === "";
  return isPinned ? url : undefined;
}

/** The address of the certificate that a message is signed with, where it is one of Amazon's. Lambda spells the member otherwise. */
export function snsCertificateUrl(message: unknown): string | undefined {
  const url = snsUrl(at(message, "SigningCertURL") ?? at(message, "SigningCertUrl"));
  return url && /^\/[\w-]+\.pem$/.test(url.pathname) && url.search === "" ? url.href : undefined;
}

/** The address that confirms a subscription, where it is Amazon's and about the topic of its message. */
export function snsSubscribeUrl(message: unknown): string | undefined {
  const url = snsUrl(at(message, "SubscribeURL") ?? at(message, "SubscribeUrl"));
  return url?.pathname === "/" &&
    url.searchParams.get("Action") === "ConfirmSubscription" &&
    url.searchParams.get("TopicArn") === at(message, "TopicArn")
    ? url.href
    : undefined;
}

/** What the kinds of messages are signed over. A subject is signed only where there is one. */
const signed: ReadonlyMap<unknown, readonly string[]> = new Map([
  ["Notification", ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"]],
  ...["SubscriptionConfirmation", "UnsubscribeConfirmation"].map((type): [string, string[]] => [
    type,
    ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"],
  ]),
]);

const algorithms: ReadonlyMap<unknown, string> = new Map([
  ["1", "RSA-SHA1"],
  ["2", "RSA-SHA256"],
]);

/** The text that SNS signs: the name and the value of each member on a line of its own. Undefined where one is missing. */
export function snsCanonicalText(message: unknown): string | undefined {
  const names = signed.get(at(message, "Type"));
  if (!names) return undefined;
  let canonical = "";
  for (const name of names) {
    const value = at(message, name);
    if (typeof value === "string") canonical += `${name}\n${value}\n`;
    else if (name !== "Subject") return undefined;
  }
  return canonical;
}

/**
 * Whether a message is by Amazon SNS and of a topic that is allowed: a stranger's topic is signed by Amazon too. Messages have no
 * limit of age, since SNS names none; a repeated one is the same facts.
 * (docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html)
 * @param certificate PEM of `snsCertificateUrl`
 */
export function verifySns(
  message: unknown,
  topics: readonly string[],
  certificate: string | undefined,
): Rejection | undefined {
  const signature = text(message, "Signature");
  const canonical = snsCanonicalText(message);
  if (signature === undefined || canonical === undefined)
    return { code: "missing_signature", detail: "this is no signed message of Amazon SNS" };
  const algorithm = algorithms.get(at(message, "SignatureVersion"));
  if (algorithm === undefined)
    return { code: "invalid_signature", detail: "SNS signs in the versions 1 and 2 only" };
  if (snsCertificateUrl(message) === undefined)
    return { code: "invalid_signature", detail: "the certificate is not at an address of Amazon SNS" };
  if (!certificate || !isSigned(canonical, algorithm, signature, certificate))
    return { code: "invalid_signature", detail: "the signature is not by the certificate that is named" };
  return topics.includes(text(message, "TopicArn") ?? "")
    ? undefined
    : { code: "forbidden_topic", detail: "the topic is not among those of this source" };
}

function isSigned(canonical: string, algorithm: string, signature: string, certificate: string): boolean {
  try {
    return createVerify(algorithm).update(canonical, "utf8").verify(certificate, signature, "base64");
  } catch {
    return false;
  }
}
