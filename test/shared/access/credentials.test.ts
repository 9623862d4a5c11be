import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  credentialChangesSchema,
  credentialSettingsSchema,
  credentialsAt,
  givenCredentials,
  missingCredentials,
  noCredentials,
  type StoredCredentials,
  shownCredentials,
  withCredentials,
} from "../../../shared/access/credentials.ts";

const at = (hour: number) => new Date(Date.UTC(2026, 10, 21) + hour * 60 * 60 * 1000);
const set = (stored: StoredCredentials, secret: string, hour: number, overlap: number) =>
  withCredentials(stored, { secret }, at(hour), overlap);
const secretsAt = (stored: StoredCredentials, hour: number) => credentialsAt(stored, at(hour)).secrets;

describe("a secret that is replaced", () => {
  const replaced = set(set(noCredentials, "first", 0, 24), "second", 10, 24);

  test.each([
    [10, ["second", "first"]],
    [33.99, ["second", "first"]],
    [34, ["second"]],
  ])("at hour %d these are good: %j", (hour, secrets) => {
    expect(secretsAt(replaced, hour)).toEqual(secrets);
  });

  test("ends at once where no overlap is wanted, and with it all that were replaced before", () => {
    expect(secretsAt(set(replaced, "third", 11, 0), 11)).toEqual(["third"]);
  });

  test("keeps no earlier one longer than itself", () => {
    const short = set(replaced, "third", 11, 1);
    expect(secretsAt(short, 11)).toEqual(["third", "second", "first"]);
    expect(secretsAt(short, 12)).toEqual(["third"]);
    // And does not lengthen the time of one that ends earlier.
    expect(secretsAt(set(replaced, "third", 11, 100), 34)).toEqual(["third", "second"]);
  });

  test("set again as it is, is no replacement", () => {
    expect(secretsAt(set(replaced, "second", 11, 0), 12)).toEqual(["second", "first"]);
  });

  test("may be taken back, and is then in the list once", () => {
    expect(secretsAt(set(replaced, "first", 11, 5), 12)).toEqual(["first", "second"]);
  });

  test("whatever was done, the last one set is the first that is tried, and none is kept twice", () => {
    const step = fc.record({ secret: fc.constantFrom("a", "b", "c"), overlap: fc.constantFrom(0, 1, 30) });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), (steps) => {
        const stored = steps.reduce(
          (before, { secret, overlap }, hour) => set(before, secret, hour, overlap),
          noCredentials,
        );
        const secrets = secretsAt(stored, steps.length);
        expect(secrets[0]).toBe(steps.at(-1)!.secret);
        expect(new Set(secrets).size).toBe(secrets.length);
      }),
    );
  });
});

describe("a credential that is taken away", () => {
  const topics = ["arn:aws:sns:eu-central-1:123456789012:ses"];
  const replaced = set(set(noCredentials, "first", 0, 24), "second", 10, 24);
  const both = withCredentials(replaced, { topics }, at(11), 24);

  test("is gone, whatever overlap there was, and with the secret all former ones", () => {
    const without = withCredentials(both, { secret: null }, at(12), 24);
    expect(credentialsAt(without, at(12))).toEqual({ secrets: [], topics });
    expect(JSON.stringify(without)).not.toMatch(/first|second/);
    expect(shownCredentials(without, at(12))).toEqual({ topics: { setAt: at(11).toISOString() } });
    expect(missingCredentials(["secrets", "topics"], without)).toEqual(["secret"]);
  });

  test("leaves the others as they are, former secrets too", () => {
    const without = withCredentials(both, { topics: null }, at(12), 24);
    expect(credentialsAt(without, at(12))).toEqual({ secrets: ["second", "first"] });
    expect(Object.keys(shownCredentials(without, at(12)))).toEqual(["secret"]);
  });

  test("may be set again, and may never have been", () => {
    const again = set(withCredentials(both, { secret: null }, at(12), 24), "third", 13, 24);
    expect(secretsAt(again, 13)).toEqual(["third"]);
    expect(withCredentials(noCredentials, { apiToken: null }, at(1), 24)).toEqual(noCredentials);
  });

  test("is nothing for an adapter to judge", () => {
    expect(givenCredentials({ secret: null, topics: null, apiToken: "token" })).toEqual({
      apiToken: "token",
    });
  });

  test("is null where a source is changed, never where it is made", () => {
    expect(credentialChangesSchema.parse({ secret: null, topics: null })).toEqual({
      secret: null,
      topics: null,
    });
    expect(credentialChangesSchema.safeParse({ secret: " " }).success).toBe(false);
    expect(credentialSettingsSchema.safeParse({ secret: null }).success).toBe(false);
  });
});

describe("credentials", () => {
  const topics = ["arn:aws:sns:eu-central-1:123456789012:ses"];
  const stored = withCredentials(noCredentials, { topics, apiToken: "token" }, at(1), 24);

  test("keep what was set before, and take what is set now", () => {
    const more = withCredentials(stored, { apiToken: "other", clientId: "app" }, at(2), 24);
    expect(credentialsAt(more, at(3))).toEqual({ secrets: [], topics, apiToken: "other", clientId: "app" });
  });

  test("are shown by when they were set, never by what they are", () => {
    const replaced = set(set(stored, "hidden-one", 2, 24), "hidden-two", 3, 24);
    const shown = shownCredentials(replaced, at(4));
    expect(shown).toEqual({
      topics: { setAt: at(1).toISOString() },
      apiToken: { setAt: at(1).toISOString() },
      secret: { setAt: at(3).toISOString(), formerUntil: at(27).toISOString() },
    });
    expect(JSON.stringify(shown)).not.toMatch(/hidden|token"?:"|arn:/);
    expect(shownCredentials(replaced, at(27)).secret).toEqual({ setAt: at(3).toISOString() });
  });

  test("that are missing are named as they are set", () => {
    expect(missingCredentials(["secrets", "apiToken", "publicKey"], stored)).toEqual(["secret", "publicKey"]);
    expect(missingCredentials(["topics"], stored)).toEqual([]);
  });

  test("are handed to an adapter as far as they are given", () => {
    expect(givenCredentials({ secret: "s" })).toEqual({ secrets: ["s"] });
    expect(givenCredentials({ topics })).toEqual({ topics });
  });

  test("lose what a clipboard put around them, and may not be empty", () => {
    expect(credentialSettingsSchema.parse({ secret: " whsec_abc\n" })).toEqual({ secret: "whsec_abc" });
    expect(credentialSettingsSchema.safeParse({ secret: " " }).success).toBe(false);
    expect(credentialSettingsSchema.safeParse({ topics: [] }).success).toBe(false);
  });
});
