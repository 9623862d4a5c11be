import { createSign, generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  snsCanonicalText,
  snsCertificateUrl,
  snsSubscribeUrl,
  verifySns,
} from "../../../shared/webhook/sns.ts";

const topic = "arn:aws:sns:eu-central-1:123456789012:ses-events";
const certificateUrl =
  "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem";
const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const certificate = publicKey.export({ format: "pem", type: "spki" }).toString();

const notification = {
  Type: "Notification",
  MessageId: "19ba9823-d7f2-53c1-860e-cb10e0d13dfc",
  TopicArn: topic,
  Message: '{"eventType": "Click"}\n',
  Timestamp: "2026-11-21T10:00:00.000Z",
  SignatureVersion: "2",
  SigningCertURL: certificateUrl,
};
const subscribeUrl = `https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=${topic}&Token=2336`;
const confirmation = {
  ...notification,
  Type: "SubscriptionConfirmation",
  Token: "2336",
  SubscribeURL: subscribeUrl,
};

/** What the documentation says is signed, spelt out for the tests. */
const text = (message: object, names: string): string =>
  names
    .split(" ")
    .map((name) => `${name}\n${(message as Record<string, string>)[name]}\n`)
    .join("");

const signed = <Message extends object>(message: Message, over: string, algorithm = "RSA-SHA256") => ({
  ...message,
  Signature: createSign(algorithm).update(over).sign(privateKey, "base64"),
});
const ofNotification = "Message MessageId Timestamp TopicArn Type";
const ofSubject = "Message MessageId Subject Timestamp TopicArn Type";
const ofConfirmation = "Message MessageId SubscribeURL Timestamp Token TopicArn Type";

const verify = (message: unknown, topics = [topic], pem: string | undefined = certificate) =>
  verifySns(message, topics, pem)?.code;

describe("a message of SNS", () => {
  const good = signed(notification, text(notification, ofNotification));

  test("is right in both versions, with and without a subject", () => {
    expect(verify(good)).toBeUndefined();
    const first = { ...notification, SignatureVersion: "1" };
    expect(verify(signed(first, text(first, ofNotification), "RSA-SHA1"))).toBeUndefined();
    const subject = { ...notification, Subject: "An event" };
    expect(verify(signed(subject, text(subject, ofSubject)))).toBeUndefined();
    expect(verify({ ...good, Subject: null })).toBeUndefined();
  });

  test("is right as Lambda spells it", () => {
    const { SigningCertURL, ...rest } = good;
    expect(verify({ ...rest, SigningCertUrl: SigningCertURL })).toBeUndefined();
  });

  test.each(["SubscriptionConfirmation", "UnsubscribeConfirmation"])("is right as %s", (Type) => {
    const message = { ...confirmation, Type };
    expect(verify(signed(message, text(message, ofConfirmation)))).toBeUndefined();
    expect(verify(signed(message, text(message, ofNotification)))).toBe("invalid_signature");
  });

  test.each([
    ["another message", { ...good, Message: "x" }, "invalid_signature"],
    ["a subject that was not signed", { ...good, Subject: "x" }, "invalid_signature"],
    ["another topic", { ...good, TopicArn: `${topic}2` }, "invalid_signature"],
    ["the digest of the other version", { ...good, SignatureVersion: "1" }, "invalid_signature"],
    ["version 3", { ...good, SignatureVersion: "3" }, "invalid_signature"],
    ["no version", { ...good, SignatureVersion: undefined }, "invalid_signature"],
    [
      "a certificate from elsewhere",
      { ...good, SigningCertURL: "https://example.com/a.pem" },
      "invalid_signature",
    ],
    ["a signature that is none", { ...good, Signature: "EXAMPLE" }, "invalid_signature"],
    ["no signature", notification, "missing_signature"],
    ["no message", { ...good, Message: undefined }, "missing_signature"],
    ["another type", { ...good, Type: "__proto__" }, "missing_signature"],
    ["no object", "x", "missing_signature"],
  ])("is refused with %s", (_, message, expected) => {
    expect(verify(message)).toBe(expected);
  });

  test("is refused without its certificate or with another one", () => {
    const other = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey;
    expect(verifySns(good, [topic], undefined)?.code).toBe("invalid_signature");
    expect(verify(good, [topic], "no certificate")).toBe("invalid_signature");
    expect(verify(good, [topic], other.export({ format: "pem", type: "spki" }).toString())).toBe(
      "invalid_signature",
    );
  });

  test("of a stranger's topic is signed by Amazon too, and refused", () => {
    expect(verify(good, [])).toBe("forbidden_topic");
    expect(verify(good, [`${topic}2`])).toBe("forbidden_topic");
  });
});

const host = "https://sns.eu-central-1.amazonaws.com";

test.each([
  [certificateUrl, true],
  ["https://sns.cn-north-1.amazonaws.com.cn/SimpleNotificationService-0a.pem", true],
  ["https://sns.us-gov-west-1.amazonaws.com/SimpleNotificationService-0a.pem", true],
  ["http://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0a.pem", false],
  ["https://sns.eu-central-1.amazonaws.com.example.com/a.pem", false],
  ["https://sns.eu-central-1.amazonaws.com@example.com/a.pem", false],
  ["https://sns.eu-central-1.amazonaws.com:8443/a.pem", false],
  ["https://user@sns.eu-central-1.amazonaws.com/a.pem", false],
  ["https://sns.s3.amazonaws.com/a.pem", false],
  ["https://sns.s3-us-west-2.amazonaws.com/a.pem", false],
  ["https://evil.sns.eu-central-1.amazonaws.com/a.pem", false],
  ["https://sqs.eu-central-1.amazonaws.com/a.pem", false],
  [`${host}/a.key`, false],
  [`${host}/a/b.pem`, false],
  [`${host}/a.pem?x=.pem`, false],
  [`${host}/?a.pem`, false],
  ["a.pem", false],
])("the certificate at %s is Amazon's: %s", (SigningCertURL, pinned) => {
  expect(snsCertificateUrl({ SigningCertURL })).toBe(pinned ? SigningCertURL : undefined);
});

test.each([
  [subscribeUrl, true],
  [subscribeUrl.replace("https:", "http:"), false],
  [subscribeUrl.replace("sns.eu-central-1.amazonaws.com", "example.com"), false],
  [subscribeUrl.replace("ConfirmSubscription", "Unsubscribe"), false],
  [subscribeUrl.replace("ses-events", "others"), false],
  [`${subscribeUrl}#x`.replace("/?", "/x?"), false],
  [undefined, false],
])("the subscription at %s can be confirmed: %s", (SubscribeURL, good) => {
  expect(snsSubscribeUrl({ ...confirmation, SubscribeURL })).toBe(good ? SubscribeURL : undefined);
});

test("a text without its members is not signed", () => {
  expect(snsCanonicalText({ Type: "Notification" })).toBeUndefined();
  expect(snsCanonicalText(null)).toBeUndefined();
});
