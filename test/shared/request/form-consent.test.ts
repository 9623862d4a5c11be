import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { consentField, consentStatusOf, purposeOf } from "../../../shared/request/form-consent.ts";
import { type FormOptions, readForm, readJsonForm } from "../../../shared/request/form-fields.ts";

const email = "pat@example.com";
const form = (fields: Record<string, string | string[]>, options: FormOptions = {}) => {
  const entries = Object.entries({ email, ...fields }).map(
    ([name, value]) => [name, [value].flat()] as [string, string[]],
  );
  const { consents, properties } = readForm(new Map(entries), options);
  return { consents, properties };
};
const json = (value: object) => {
  const { consents, properties } = readJsonForm({ email, ...value }, {});
  return { consents, properties };
};

const yes = { purpose: "newsletter", status: "granted" };
const no = { purpose: "newsletter", status: "withdrawn" };

describe("a checkbox", () => {
  test.each([
    "consent[newsletter]",
    "consent.newsletter",
    "consent_newsletter",
    "consent-newsletter",
    "Consent[Newsletter]",
    "consents[newsletter]",
    "form_fields[consent][newsletter]",
    "fields[consent_newsletter]",
  ])("%s is a consent to the newsletter", (name) => {
    expect(form({ [name]: "on" })).toEqual({ consents: [yes], properties: {} });
  });

  test.each([
    ["on yes YES true 1 y checked granted accepted agreed", "granted"],
    ["off no No false 0 n unchecked withdrawn denied declined", "withdrawn"],
    ["perhaps pending weekly 2 -1 null", undefined],
  ])("%s: %s", (values, status) => {
    for (const value of values.split(" ")) {
      const { consents, properties } = form({ consent_newsletter: value });
      expect(consents?.[0]?.status, value).toBe(status);
      // What is neither yes nor no is no consent, and not lost.
      expect(properties).toEqual(status ? {} : { consent_newsletter: value });
    }
  });

  test.each([
    "consent gdpr dsgvo newsletter opt_in optin acceptance-12 your-consent terms privacy_policy subscribe",
    "consent_given consent_date consent_text consent[version] consent_ip consent[timestamp] consent_checkbox",
    "cookie_consent consentnewsletter myconsent[newsletter] consent[a][b][c] consent[a@example.com] consent[12]",
  ])("says nothing by itself under a name without a purpose: %s", (names) => {
    for (const name of names.split(" "))
      expect(form({ [name]: "on" }), name).toEqual({ consents: undefined, properties: { [name]: "on" } });
  });

  test("counts by its last value, as where a hidden 0 stands before it", () => {
    expect(form({ consent_newsletter: ["0", "1"] }).consents).toEqual([yes]);
    expect(form({ consent_newsletter: ["0"] }).consents).toEqual([no]);
    expect(form({ consent_newsletter: ["1", "weekly"] }).consents).toBeUndefined();
  });

  test("brings the words it was about and the basis", () => {
    const fields = {
      "consent[newsletter]": "on",
      "consent[newsletter][wording]": "Yes, write to me.\r\nOften.",
      consent_newsletter_basis: "Art. 6(1)(a) GDPR",
    };
    const whole = { ...yes, basis: "Art. 6(1)(a) GDPR", wording: "Yes, write to me.\nOften." };
    expect(form(fields)).toEqual({ consents: [whole], properties: {} });
  });

  test("that is not ticked sends nothing, and the words beside it are none", () => {
    const wording = { "consent[newsletter][wording]": "Yes" };
    expect(form(wording)).toEqual({
      consents: undefined,
      properties: { "consent[newsletter][wording]": "Yes" },
    });
  });

  test("that waits for a confirmation is no consent yet", () => {
    const fields = { "consent[newsletter]": "on", "consent[newsletter][status]": "pending" };
    expect(form(fields)).toEqual({ consents: undefined, properties: fields });
  });

  test("of too many purposes is none beyond the twentieth", () => {
    const names = Array.from({ length: 25 }, (_, i) => `consent[purpose ${i}]`);
    const { consents, properties } = form(Object.fromEntries(names.map((name) => [name, "on"])));
    expect(consents).toHaveLength(20);
    expect(Object.keys(properties)).toEqual(names.slice(20));
  });

  test("with words too long for a fact keeps them as a property", () => {
    const wording = "a".repeat(4001);
    const { consents, properties } = form({ consent_ads: "1", "consent[ads][wording]": wording });
    expect(consents).toEqual([{ purpose: "ads", status: "granted" }]);
    expect(properties).toEqual({ "consent[ads][wording]": wording });
  });
});

test.each([
  [{ consent: { newsletter: true } }, [yes]],
  [{ consent: { newsletter: false } }, [no]],
  [{ consent: { newsletter: "yes", Calls: 0 } }, [yes, { purpose: "calls", status: "withdrawn" }]],
  [{ consent: { newsletter: { status: "granted", wording: "Yes" } } }, [{ ...yes, wording: "Yes" }]],
  [{ consent: { purpose: "newsletter", status: "granted" } }, [yes]],
  [
    { consents: [{ purpose: "newsletter", status: "withdrawn", basis: "consent" }] },
    [{ ...no, basis: "consent" }],
  ],
  [{ fields: [{ name: "consent.newsletter", value: true }] }, [yes]],
  [{ "consent.newsletter": true }, [yes]],
])("JSON %j", (body, consents) => {
  expect(json(body)).toEqual({ consents, properties: {} });
});

test.each([
  { consent: true },
  { consent: ["newsletter"] },
  { consent: { newsletter: "weekly" } },
  { consent: [{ purpose: "newsletter", status: "granted" }, "and more"] },
  { newsletter: true, gdpr: { accepted: true } },
])("JSON %j is no consent, and keeps its shape", (body) => {
  expect(json(body)).toEqual({ consents: undefined, properties: body });
});

test("the source's field map says what a checkbox of its own is for, and beside which words", () => {
  const fieldMap = {
    "acceptance-7": "consent.newsletter",
    "input_5.2": "consent.newsletter.wording",
    newsletter: "consent.marketing_email",
  };
  expect(form({ "acceptance-7": "1", "input_5.2": "Yes", newsletter: "on" }, { fieldMap })).toEqual({
    consents: [
      { ...yes, wording: "Yes" },
      { purpose: "marketing_email", status: "granted" },
    ],
    properties: {},
  });
  expect(form({ "acceptance-7": "Tuesday" }, { fieldMap })).toEqual({
    consents: undefined,
    properties: { "acceptance-7": "Tuesday" },
  });
});

test("whatever a form says, a consent is one that it said", () => {
  const name = fc.oneof(
    fc.string(),
    fc.tuple(fc.constantFrom("consent[", "consent.", "consent_"), fc.string()).map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(fc.dictionary(name, fc.constantFrom("on", "0", "x", "Yes", "")), (fields) => {
      const consents = form(fields).consents ?? [];
      const said = Object.entries(fields).flatMap(([field, value]) => {
        const about = consentField([field]);
        const status = consentStatusOf(value);
        return about && status ? [`${about.purpose} ${status}`] : [];
      });
      for (const { purpose, status } of consents) expect(said).toContain(`${purpose} ${status}`);
      expect(new Set(consents.map(({ purpose }) => purpose)).size).toBe(consents.length);
      for (const { purpose } of consents) expect(purposeOf(purpose)).toBe(purpose);
    }),
  );
});
