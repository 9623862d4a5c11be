import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseFormBody } from "../../../shared/request/form-body.ts";
import {
  type FormOptions,
  type FormSubmission,
  readForm,
  readJsonForm,
} from "../../../shared/request/form-fields.ts";
import { anyText } from "./any-text.ts";

const form = (fields: Record<string, string | string[]>, options: FormOptions = {}): FormSubmission =>
  readForm(new Map(Object.entries(fields).map(([name, value]) => [name, [value].flat()])), options);

const posted = async (body: string, type: string): Promise<FormSubmission> => {
  const parsed = await parseFormBody(Buffer.from(body), type);
  if (parsed.kind !== "form") throw new Error(`this is ${parsed.kind}`);
  return readForm(parsed.fields, {});
};

const email = "pat@example.com";

describe("the usual spellings", () => {
  const spellings = {
    email: `email Email EMAIL e-mail E-Mail mail emailAddress email_address Email|Address email-address your-email yourEmail
      E-Mail-Adresse E-Mail-Adresse|* E-Mail: Email|(required) business|email work_email workEmail company_email correo
      correo|electrónico Courriel Adresse|e-mail contact[email] fields[email] form_fields[email] wpforms[fields][email] user[email]
      mc4wp-EMAIL input_email ctl00$MainContent$txtEmail form:email contact.email _replyto hidden-email email[] Contact|Email
      Your|E-Mail|Address person[contact][email_address] e‑mail`,
    firstName: `firstName first_name First|Name FIRSTNAME fname FNAME given-name Vorname prénom Voornaam your-first-name
      contact[first_name] name[first] wpforms[fields][0][first] form_fields[first_name] First|Name|* traits.firstName`,
    lastName: `lastName last_name Last|Name lname LNAME family-name surname Nachname Familienname apellidos Cognome
      contact[last_name] name[last] your-last-name`,
    company: `company Company|Name company_name organization organisation Organization|Name Firma Unternehmen société Empresa
      your-company contact[company] company[name] employer business_name`,
    jobTitle: `jobTitle job_title Job|Title title position role organization-title your-position Stellenbezeichnung Position
      contact[title] form_fields[role] Funktion`,
    phone: `tel phone phone_number Phone|Number telephone mobile Mobile|Phone cell Telefon Telefonnummer téléphone your-phone your-tel
      contact[phone] tel-national Handynummer work_phone`,
    country:
      "country Country country-name country_code Country/Region Land Pays país your-country contact[country]",
  };
  const cases = Object.entries(spellings).flatMap(([field, names]) =>
    names.split(/\s+/).map((name): [string, string] => [name.replaceAll("|", " "), field]),
  );

  test.each(cases)("%s is %s", (name, field) => {
    const value = field === "email" ? email : "Something";
    const { properties, email: found, traits } = form({ [name]: value });
    expect({ email: found, ...traits }).toMatchObject({ [field]: value });
    expect(properties).toEqual({});
  });

  test.each([
    ["username", "pat99"],
    ["user_name", "pat99"],
    ["form-name", "contact"],
    ["product[name]", "Widget"],
    ["event_title", "Expo"],
    ["budget", "5000"],
    ["email_opt_in", "yes"],
    ["company_size", "50"],
    ["source", "A friend"],
    ["id", "17"],
    ["anonymous", "yes"],
    ["crm", "Salesforce"],
    ["phone_type", "mobile"],
    ["Which CRM do you use?", "None"],
  ])("%s is nothing of the person", (name, value) => {
    const submission = form({ email, [name]: value });
    expect(submission).toEqual({
      email,
      traits: {},
      campaign: {},
      properties: { [name]: value },
      honeypot: false,
    });
  });
});

describe("the e-mail address", () => {
  test("is as the person wrote it", () => {
    expect(form({ email: " Pat+demo@Example.COM " }).email).toBe("Pat+demo@Example.COM");
  });

  test("of several fields, the first that is an address; another one stays", () => {
    expect(form({ email: "none", work_email: email, "e-mail": "pat@home.example" })).toMatchObject({
      email,
      properties: { email: "none", "e-mail": "pat@home.example" },
    });
  });

  test("that is none is handed on, for its sender to hear of it", () => {
    expect(form({ email: "pat at example", other: email })).toMatchObject({
      email: "pat at example",
      properties: { other: email },
    });
  });

  test("typed twice is one", () => {
    expect(form({ email, confirm_email: "Pat@example.com" }).properties).toEqual({});
    expect(form({ email, confirm_email: "other@example.com" }).properties).toEqual({
      confirm_email: "other@example.com",
    });
  });

  test("is found by its look where no field is named like one", () => {
    expect(form({ input_3: email, input_4: "Hello" })).toMatchObject({
      email,
      properties: { input_4: "Hello" },
    });
    expect(form({ input_3: email, input_4: email })).toMatchObject({ email, properties: {} });
  });

  test("is not guessed between two, nor from somebody else's field", () => {
    expect(form({ a: email, b: "sam@example.com" })).not.toHaveProperty("email");
    expect(form({ friend: email })).not.toHaveProperty("email");
  });
});

describe("names", () => {
  test.each([
    ["one field", { "your-name": "Pat Example" }, { firstName: "Pat", lastName: "Example" }],
    ["turned", { "Full Name": "van Gogh, Vincent" }, { firstName: "Vincent", lastName: "van Gogh" }],
    ["German", { Vorname: "Erika", Name: "Mustermann" }, { firstName: "Erika", lastName: "Mustermann" }],
    ["French", { prenom: "Anne", nom: "Dupont" }, { firstName: "Anne", lastName: "Dupont" }],
    [
      "Spanish",
      { nombre: "Juan", apellidos: "García López" },
      { firstName: "Juan", lastName: "García López" },
    ],
    [
      "all three",
      { first_name: "Pat", last_name: "Example", name: "Pat Example" },
      { firstName: "Pat", lastName: "Example" },
    ],
  ])("%s", (_, fields, traits) => {
    expect(form(fields)).toMatchObject({ traits, properties: {} });
  });

  test("a different full name stays", () => {
    const submission = form({ first_name: "Pat", last_name: "Example", name: "Sam Other" });
    expect(submission.properties).toEqual({ name: "Sam Other" });
  });

  test("a form of address is no job", () => {
    expect(form({ title: "Ms.", job_title: "CTO" })).toMatchObject({
      traits: { jobTitle: "CTO" },
      properties: { title: "Ms." },
    });
    expect(form({ title: "Dr" })).toMatchObject({ traits: {}, properties: { title: "Dr" } });
  });

  test("what is too long for a trait stays a property", () => {
    const company = "x".repeat(301);
    expect(form({ company })).toMatchObject({ traits: {}, properties: { company } });
  });
});

describe("campaigns", () => {
  const campaign = {
    id: "abc.123",
    name: "spring_sale",
    source: "newsletter",
    medium: "email",
    term: "crm",
    content: "cta-1",
  };
  const query =
    "utm_id=abc.123&utm_campaign=spring_sale&utm_source=newsletter&utm_medium=email&utm_term=crm&utm_content=cta-1";

  test("from fields", () => {
    expect(form(Object.fromEntries(new URLSearchParams(query)))).toMatchObject({ campaign, properties: {} });
    expect(form({ "UTM Source": "x", utmMedium: "y" }).campaign).toEqual({ source: "x", medium: "y" });
  });

  test.each(["page", "page_url", "_page", "url", "pageUri", "landing_page"])(
    "from the address in %s",
    (name) => {
      const url = `https://example.com/p?${query}&gclid=Cj0KCQ&x=1#part`;
      expect(form({ [name]: url })).toMatchObject({
        campaign,
        asset: { url },
        properties: { gclid: "Cj0KCQ" },
      });
    },
  );

  test("from the referrer, which is no asset and stays", () => {
    const referrer = `https://example.com/?${query}`;
    const submission = form({ referrer });
    expect(submission).toMatchObject({ campaign, properties: { referrer } });
    expect(submission).not.toHaveProperty("asset");
  });

  test("a field wins over the address, as a whole", () => {
    expect(form({ utm_source: "ad", page: `https://example.com/?${query}` }).campaign).toEqual({
      source: "ad",
    });
    expect(form({ utm_source: "", page: `https://example.com/?${query}` }).campaign).toEqual(campaign);
  });

  test("a page without an address is a property", () => {
    expect(form({ page: "Contact" })).toMatchObject({ campaign: {}, properties: { page: "Contact" } });
  });
});

describe("what is never kept", () => {
  test.each(
    `password Password user[password] passwort password_confirmation pwd pass1_password card_number cardNumber cc-number cc-csc cvc CVV
    creditCard payment[card_number] g-recaptcha-response cf-turnstile-response h-captcha-response _token authenticity_token csrf_token
    csrfmiddlewaretoken _csrf __RequestVerificationToken __VIEWSTATE _wpcf7 _wpcf7_unit_tag _wpcf7_posted_data_hash _wpnonce writeKey
    access_key api_key ssn utf8 _method form_token form_build_id`.split(/\s+/),
  )("%s", (name) => {
    const submission = form({ email, [name]: "4111111111111111" });
    expect(submission).toEqual({ email, traits: {}, campaign: {}, properties: {}, honeypot: false });
    const json = readJsonForm(
      { email, [name]: "4111111111111111", order: { [name]: 1, items: [{ [name]: 2 }] } },
      {},
    );
    expect(json).toEqual(submission);
  });

  test("empty fields", () => {
    expect(form({ email, message: " \r\n", interests: ["", "api"] }).properties).toEqual({
      interests: "api",
    });
  });
});

describe("what is for machines", () => {
  test.each([
    "_gotcha",
    "bot-field",
    "_honey",
    "honeypot",
    "_honeypot",
    "my-honeypot-field",
    "botcheck",
    "_mc4wp_honeypot",
    "b_0123456789abcdef01234567_89abcdef01",
    "wpforms[hp]",
  ])("%s is a honeypot", (name) => {
    expect(form({ email, [name]: "http://spam.example" })).toMatchObject({ honeypot: true, properties: {} });
    expect(form({ email, [name]: "" })).toMatchObject({ honeypot: false, properties: {} });
  });

  test("a source's own honeypot, and a tick box that is not ticked", () => {
    const options = { honeypot: ["website_2"] };
    expect(form({ email, website_2: "x" }, options)).toMatchObject({ honeypot: true, properties: {} });
    expect(form({ email, website_2: "x" })).toMatchObject({
      honeypot: false,
      properties: { website_2: "x" },
    });
    expect(readJsonForm({ email, botcheck: false }, {}).honeypot).toBe(false);
    expect(readJsonForm({ email, botcheck: true }, {}).honeypot).toBe(true);
  });

  test.each([
    ["/thanks", "/thanks"],
    ["/thanks\r\nSet-Cookie: a=b", "/thanksSet-Cookie: a=b"],
    ["https://exa\tmple.com/\u0085\n", "https://example.com/"],
    ["\t\r\n", undefined],
  ])("where to go is %j without control characters", (sent, redirect) => {
    expect(form({ _redirect: sent }).redirect).toBe(redirect);
    expect(readJsonForm({ _redirect: sent }, {}).redirect).toBe(redirect);
  });

  test.each(["_redirect", "redirect", "_next", "retURL", "redirect_to"])("%s says where to go", (name) => {
    expect(form({ [name]: "https://example.com/thanks" })).toMatchObject({
      redirect: "https://example.com/thanks",
      properties: {},
    });
  });

  test.each(["_id", "submissionId", "_submission_id", "submission_id", "messageId"])(
    "%s is the message's id",
    (name) => {
      expect(form({ [name]: "s-1" })).toMatchObject({ messageId: "s-1", properties: {} });
    },
  );

  test.each(["anonymousId", "_anonymous", "anonymous_id"])("%s is a browser", (name) => {
    expect(form({ [name]: "a-1" })).toMatchObject({ anonymous: "a-1", properties: {} });
  });

  test("ids of systems", () => {
    expect(form({ user_id: "u-1", crm_id: "salesforce:00Q5f00000ABCDE" })).toMatchObject({
      user: "u-1",
      crm: "salesforce:00Q5f00000ABCDE",
    });
  });

  test("when it was filled, where it says so with a zone", () => {
    expect(form({ submittedAt: "2026-11-21T10:00:00+01:00" })).toMatchObject({
      occurredAt: "2026-11-21T09:00:00.000Z",
      properties: { submittedAt: "2026-11-21T10:00:00+01:00" },
    });
    expect(form({ submittedAt: "21.11.2026" })).not.toHaveProperty("occurredAt");
  });
});

describe("a source's field map", () => {
  const fieldMap = {
    "Ihre Mail": "email",
    q7: "traits.company",
    q8: "campaign.name",
    budget: "properties.budgetEuro",
    number: "messageId",
    token: "properties.ticket",
    email: "properties.ownerEmail",
    noise: "ignore",
    who: "name",
    free: "Whatever",
  };

  test("wins over every rule", () => {
    const fields = {
      email: "owner@example.com",
      "Ihre Mail": email,
      company: "Not this",
      q7: "Example GmbH",
      q8: "Expo",
      budget: "5",
      number: "17",
      token: "T1",
      noise: "n",
      who: "Pat Example",
      free: "f",
    };
    expect(form(fields, { fieldMap })).toEqual({
      messageId: "17",
      email,
      traits: { firstName: "Pat", lastName: "Example", company: "Example GmbH" },
      campaign: { name: "Expo" },
      properties: {
        budgetEuro: "5",
        ticket: "T1",
        ownerEmail: "owner@example.com",
        company: "Not this",
        Whatever: "f",
      },
      honeypot: false,
    });
  });

  test("knows a name in another spelling, and inside of JSON", () => {
    expect(form({ ihre_mail: email }, { fieldMap }).email).toBe(email);
    expect(
      readJsonForm({ data: { q7: "Example" }, answers: [{ name: "Ihre Mail", value: email }] }, { fieldMap }),
    ).toMatchObject({
      email,
      traits: { company: "Example" },
      properties: {},
    });
  });
});

describe("forms as browsers post them", () => {
  test("with UTM fields, a honeypot and Turnstile", async () => {
    const body =
      "email=Sam.Example%2Bdemo%40Example.COM&first_name=Sam&company=Example+AG&interests=pricing&interests=api" +
      "&message=Hello%0D%0Aworld&utm_source=newsletter&utm_medium=email&utm_campaign=autumn&utm_id=x.1&utm_term=&gclid=Cj0" +
      "&bot-field=&cf-turnstile-response=XXXX.DUMMY.TOKEN.XXXX";
    expect(await posted(body, "application/x-www-form-urlencoded")).toEqual({
      email: "Sam.Example+demo@Example.COM",
      traits: { firstName: "Sam", company: "Example AG" },
      campaign: { id: "x.1", name: "autumn", source: "newsletter", medium: "email" },
      properties: { interests: ["pricing", "api"], message: "Hello\nworld", gclid: "Cj0" },
      honeypot: false,
    });
  });

  test("Contact Form 7", async () => {
    const fields = {
      _wpcf7: "18514",
      _wpcf7_locale: "en_US",
      "your-name": "Sam Example",
      "your-email": email,
      "your-message": "Hi",
    };
    const parts = Object.entries(fields).map(
      ([name, value]) => `--bnd\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
    );
    expect(await posted(`${parts.join("")}--bnd--\r\n`, "multipart/form-data; boundary=bnd")).toEqual({
      email,
      traits: { firstName: "Sam", lastName: "Example" },
      campaign: {},
      properties: { "your-message": "Hi" },
      honeypot: false,
    });
  });

  test("a list that is declared stays a list", () => {
    expect(form({ "topics[]": "api" }).properties).toEqual({ topics: ["api"] });
  });
});

describe("JSON", () => {
  test("a flat object, with its types", () => {
    const value = {
      email,
      firstName: "Pat",
      phone: 4912345,
      seats: 5,
      newsletter: true,
      topics: ["a", "b"],
      none: null,
      note: "",
    };
    expect(readJsonForm(value, {})).toEqual({
      email,
      traits: { firstName: "Pat", phone: "4912345" },
      campaign: {},
      properties: { seats: 5, newsletter: true, topics: ["a", "b"] },
      honeypot: false,
    });
  });

  test("objects in objects", () => {
    const value = {
      messageId: "m-1",
      identifiers: { email, anonymous: "a-1" },
      traits: { firstName: "Pat", company: { name: "Example GmbH", size: 50 }, plan: "pro" },
      utm: { source: "newsletter", campaign: "spring" },
      page: { url: "https://example.com/demo", title: "Demo" },
      order: { name: "Big one", items: [{ name: "Widget", email: "x@example.com" }] },
    };
    expect(readJsonForm(value, {})).toEqual({
      messageId: "m-1",
      email,
      anonymous: "a-1",
      traits: { firstName: "Pat", company: "Example GmbH" },
      campaign: { name: "spring", source: "newsletter" },
      asset: { url: "https://example.com/demo" },
      properties: {
        company: { size: 50 },
        plan: "pro",
        page: { title: "Demo" },
        order: { name: "Big one", items: [{ name: "Widget", email: "x@example.com" }] },
      },
      honeypot: false,
    });
  });

  test("a campaign as an object, and as a name", () => {
    expect(readJsonForm({ campaign: { id: "c1", name: "Spring", source: "x" } }, {}).campaign).toEqual({
      id: "c1",
      name: "Spring",
      source: "x",
    });
    expect(readJsonForm({ campaign: "Spring" }, {}).campaign).toEqual({ name: "Spring" });
  });

  test("a list of fields, as HubSpot's forms send it", () => {
    const value = {
      submittedAt: 1_795_255_200_000,
      fields: [
        { objectTypeId: "0-1", name: "email", value: email },
        { objectTypeId: "0-1", name: "firstname", value: "Pat" },
        { objectTypeId: "0-1", name: "budget", value: "5000" },
      ],
      context: { pageUri: "https://example.com/?utm_source=ad", pageName: "Home" },
    };
    expect(readJsonForm(value, {})).toMatchObject({
      email,
      occurredAt: "2026-11-21T10:00:00.000Z",
      traits: { firstName: "Pat" },
      campaign: { source: "ad" },
      asset: { url: "https://example.com/?utm_source=ad" },
      properties: { budget: "5000", context: { pageName: "Home" } },
    });
  });

  test("fields described by their names, as Elementor sends them", () => {
    const value = {
      form: { id: "f1", name: "Contact" },
      fields: {
        email: { id: "email", type: "email", title: "Email", value: email, required: "1" },
        name: { id: "name", type: "text", title: "Name", value: "Pat Example" },
        topic: { id: "topic", type: "text", title: "Topic", value: "API" },
        empty: { id: "empty", type: "text", value: null },
      },
    };
    expect(readJsonForm(value, {})).toEqual({
      email,
      traits: { firstName: "Pat", lastName: "Example" },
      campaign: {},
      properties: { form: { id: "f1", name: "Contact" }, topic: "API" },
      honeypot: false,
    });
  });

  test.each([[null], ["text"], [5], [[]], [[1, 2]]])("%j is an empty form", (value) => {
    expect(readJsonForm(value, {})).toEqual({ traits: {}, campaign: {}, properties: {}, honeypot: false });
  });
});

describe("laws", () => {
  const name = fc.oneof(
    fc.constantFrom(
      "__proto__",
      "constructor",
      "prototype",
      "email",
      "name",
      "title",
      "utm_source",
      "page",
      "toString",
      "a[b]",
      "",
    ),
    anyText,
  );
  const protoAnywhere = (value: unknown): boolean =>
    value !== null &&
    typeof value === "object" &&
    (Object.hasOwn(value, "__proto__") ||
      (!Array.isArray(value) && Object.getPrototypeOf(value) !== Object.prototype) ||
      Object.values(value).some(protoAnywhere));
  const sound = (submission: FormSubmission) => {
    expect(protoAnywhere(submission)).toBe(false);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect(JSON.parse(JSON.stringify(submission))).toEqual(submission);
  };
  const options = fc.record({
    fieldMap: fc.dictionary(
      name,
      fc.oneof(
        name,
        name.map((text) => `properties.${text}`),
      ),
    ),
    honeypot: fc.array(name),
  });

  test("a prototype sent as a list, as an object, or as the target of a field map", () => {
    const options = { fieldMap: { x: "properties.__proto__" } };
    const json = JSON.parse(
      '{"__proto__":{"polluted":1},"a":[{"__proto__":{"polluted":1}}],"x":["p"],"b":{"__proto__":["p"]}}',
    );
    sound(readJsonForm(json, options));
    sound(
      readForm(
        new Map([
          ["__proto__", ["a", "b"]],
          ["__proto__[]", ["p"]],
          ["x", ["p", "q"]],
        ]),
        options,
      ),
    );
  });

  test("any fields are read, and nothing reaches a prototype", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(name, fc.array(anyText))), options, (fields, some) => {
        sound(readForm(new Map(fields), some));
      }),
      { numRuns: 300 },
    );
  });

  test("any JSON is read, and nothing reaches a prototype", () => {
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        anyText,
        fc.double(),
        fc.constant(null),
        fc.boolean(),
        fc.array(tie("tree"), { maxLength: 4 }),
        fc
          .array(fc.tuple(name, tie("tree")), { maxLength: 4 })
          .map((entries) =>
            JSON.parse(
              `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`)}}`,
            ),
          ),
      ),
    }));
    fc.assert(
      fc.property(tree, options, (value, some) => sound(readJsonForm(value, some))),
      { numRuns: 500 },
    );
  });

  test("JSON holds as many fields as a form", () => {
    const listOf = (length: number) => ({
      fields: Array.from({ length }, () => ({ name: "a", value: "b" })),
    });
    const flat = (length: number) => Object.fromEntries(Array.from({ length }, (_, i) => [`n${i}`, i]));
    const tooMany = expect.objectContaining({ status: 413, code: "too_many_fields" });
    expect(readJsonForm(listOf(1000), {}).properties.a).toHaveLength(1000);
    expect(Object.keys(readJsonForm({ data: flat(1000) }, {}).properties)).toHaveLength(1000);
    for (const value of [
      listOf(1001),
      listOf(1001).fields,
      flat(1001),
      { data: flat(1001) },
      { a: Object.values(flat(1001)) },
    ])
      expect(() => readJsonForm(value, {})).toThrow(tooMany);
  });

  test("what was sent is not changed by reading it", () => {
    const sent = {
      data: { topics: ["a", "b"] },
      fields: [
        { name: "topics", value: ["c"] },
        { name: "topics", value: "d" },
      ],
    };
    const before = structuredClone(sent);
    expect(readJsonForm(sent, {}).properties).toEqual({ topics: ["a", "b", "c", "d"] });
    expect(sent).toEqual(before);
  });

  test("the order of fields with different meanings does not matter", () => {
    const fields = Object.entries({
      email,
      vorname: "Erika",
      name: "Mustermann",
      title: "Dr",
      job_title: "CTO",
      utm_source: "x",
      a: "1",
    });
    const expected = form(Object.fromEntries(fields));
    fc.assert(
      fc.property(fc.shuffledSubarray(fields, { minLength: fields.length }), (shuffled) => {
        expect(form(Object.fromEntries(shuffled))).toEqual(expected);
      }),
    );
  });
});
