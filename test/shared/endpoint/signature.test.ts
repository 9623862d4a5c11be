import fc from "fast-check";
import { Webhook, WebhookVerificationError } from "standardwebhooks";
import { describe, expect, test } from "vitest";
import { newSigningSecret } from "../../../shared/endpoint/endpoint.ts";
import { signedHeaders } from "../../../shared/endpoint/signature.ts";

describe("a signed message", () => {
  test("is what the standard's own library takes, whatever is in it", () => {
    const secret = newSigningSecret();
    fc.assert(
      fc.property(fc.uuid(), fc.json(), (id, body) => {
        const headers = signedHeaders(id, Date.now(), body, [secret]);
        expect(headers["webhook-id"]).toBe(id);
        expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body));
      }),
    );
  });

  test("is taken by the old secret and by the new one while both are good, and by no other", () => {
    const [current, former, other] = [newSigningSecret(), newSigningSecret(), newSigningSecret()];
    const headers = signedHeaders("m-1", Date.now(), "{}", [current, former]);
    expect(headers["webhook-signature"].split(" ")).toHaveLength(2);
    for (const secret of [current, former]) expect(new Webhook(secret).verify("{}", headers)).toEqual({});
    expect(() => new Webhook(other).verify("{}", headers)).toThrow(WebhookVerificationError);
    expect(() => new Webhook(current).verify('{"a":1}', headers)).toThrow(WebhookVerificationError);
  });

  test("says the second in which it was made", () => {
    expect(signedHeaders("m", 1_700_000_000_999, "", [])).toMatchObject({
      "webhook-timestamp": "1700000000",
    });
  });

  test("secrets are whsec_ and base64 of 32 bytes, each another", () => {
    const secrets = Array.from({ length: 20 }, newSigningSecret);
    expect(new Set(secrets).size).toBe(20);
    for (const secret of secrets) {
      expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]+=*$/);
      expect(Buffer.from(secret.slice(6), "base64")).toHaveLength(32);
    }
  });
});
