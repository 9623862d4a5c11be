import { gzipSync } from "node:zlib";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { bundleSnippet } from "../../../infra/bundle.ts";
import { parseFormBody } from "../../../shared/request/form-body.ts";
import { readForm } from "../../../shared/request/form-fields.ts";
import { type Json, keys, runProduct } from "../../pipeline/product.ts";
import { type Post, runWebsite } from "./website.ts";

const product = runProduct();
const website = runWebsite(product);

/** The touches of a person, once everything is stored. */
async function timelineOf(email: string): Promise<Json[]> {
  await product().drain();
  const contact = await product().contact(email);
  if (!contact) return [];
  const path = `/v1/contacts/${contact.id}/timeline`;
  return (await product().json("GET", path, 200, { key: keys.read })).items;
}

/** The same form on every site: it goes to the site's own thank-you page. */
const form = (fields = "") =>
  `<form data-touchline="demo" action="/thanks" method="post">
    <input name="email" type="email" required> ${fields} <button id="go" name="do" value="send">Send</button>
  </form>`;

/** A form that the page's script sends, as applications of one page do. */
const applicationForm = `${form()}<script>
  document.querySelector("form").addEventListener("submit", (event) => { event.preventDefault(); event.target.reset(); });
</script>`;

const utm = "utm_source=newsletter&utm_medium=email&utm_campaign=Spring%20Sale&gclid=click-1";

async function fill(page: Page, email: string): Promise<void> {
  await page.fill("[name=email]", email);
  await page.click("#go");
}

const storageOf = (page: Page): Promise<Json | null> =>
  page.evaluate("JSON.parse(localStorage.getItem('touchline'))");
const storageLength = (page: Page): Promise<number> => page.evaluate("localStorage.length");
/** Once the script is there, which the page does not wait for. */
const ready = async (page: Page): Promise<unknown> => page.waitForFunction("window.touchline?.send");

/** What the server makes of a post. */
async function readPost({ fields, contentType }: Post) {
  const body = await parseFormBody(Buffer.from(`${fields}`), contentType);
  return body.kind === "form" ? readForm(body.fields, {}) : undefined;
}

describe("a form of a page with the script", () => {
  test("is in the contact's timeline with its campaign, and goes where it always went", async () => {
    website().page("/landing", form() + website().tag());
    website().page("/thanks", "Thank you");
    const page = await website().open(`/landing?${utm}`);
    await ready(page);
    await fill(page, "pat@example.com");
    await page.waitForURL("**/thanks");
    const [post] = await website().posted(1);
    expect(post).toMatchObject({ status: 202, origin: website().url, mode: "no-cors" });
    expect(post?.path).toBe(`/v1/forms/demo?writeKey=${keys.form}`);
    expect(await timelineOf("pat@example.com")).toMatchObject([
      {
        channel: "form",
        campaign: { name: "Spring Sale", source: "newsletter", medium: "email" },
        asset: { id: "demo", url: `${website().url}/landing?${utm}` },
        counted: true,
      },
    ]);
    expect(await storageLength(page)).toBe(0);
  });

  test("is recorded where the page's own script sends it, and once however often it is pressed", async () => {
    website().page("/application", applicationForm + website().tag());
    const page = await website().open(`/application?${utm}`);
    await ready(page);
    await fill(page, "kim@example.com");
    await fill(page, "kim@example.com");
    await fill(page, "kim.other@example.com");
    expect((await website().posted(2)).map((post) => post.mode)).toEqual(["cors", "cors"]);
    expect(await timelineOf("kim@example.com")).toMatchObject([{ campaign: { name: "Spring Sale" } }]);
    expect(await timelineOf("kim.other@example.com")).toHaveLength(1);
  });

  test("is recorded where it came into the page later, under the name the page has for it", async () => {
    website().page("/later", `<div id="place"></div>${website().tag()}`);
    const page = await website().open("/later");
    await ready(page);
    for (const [attributes, formId] of [
      ['data-touchline="brochure" id="x"', "brochure"],
      ['data-touchline id="call-back"', "call-back"],
      ['data-touchline name="demo request"', "demo%20request"],
      ["data-touchline", "later"],
    ]) {
      const html = `<form ${attributes} onsubmit="return false"><input name="email"><button id="go">Go</button></form>`;
      await page.evaluate(`document.getElementById("place").innerHTML = ${JSON.stringify(html)}`);
      await fill(page, `lou@example.com`);
      await expect.poll(() => website().posts.at(-1)?.path).toContain(`/v1/forms/${formId}?`);
    }
    expect((await website().posted(4)).map((post) => post.status)).toEqual([202, 202, 202, 202]);
    expect(await timelineOf("lou@example.com")).toHaveLength(4);
  });

  test("is left alone without the mark, and while it is not valid", async () => {
    const unmarked = form().replace("data-touchline", "data-other").replaceAll("go", "other");
    website().page("/unmarked", form() + unmarked.replace("/thanks", "/marked") + website().tag());
    website().page("/marked", form() + website().tag());
    const page = await website().open("/unmarked");
    await ready(page);
    await page.click("#go");
    await page.fill("form:nth-of-type(2) [name=email]", "una@example.com");
    await page.click("#other");
    await page.waitForURL("**/marked");
    await ready(page);
    await fill(page, "val@example.com");
    await page.waitForURL("**/thanks");
    const posts = await website().posted(1);
    expect(posts.map((post) => post.fields.get("email"))).toEqual(["val@example.com"]);
  });

  test("is sent as the browser would send it, without secrets and files", async () => {
    const fields = `<input name="name" value="Ünal Ørsted"> <textarea name="message">one
two</textarea>
      <input type="checkbox" name="topic" value="a" checked> <input type="checkbox" name="topic" value="b" checked>
      <input type="checkbox" name="topic" value="c"> <input type="radio" name="size" value="s">
      <input type="radio" name="size" value="m" checked> <input name="off" value="off" disabled>
      <select name="country"><option>DE</option><option selected>FR</option></select>
      <input type="password" name="secret-1" value="hidden"> <input name="new_passWord" value="hidden">
      <input name="secret-2" autocomplete="billing cc-number" value="hidden">
      <input name="cardNumber" value="hidden"> <input name="code" autocomplete="one-time-code" value="hidden"> <input type="file" name="cv" id="cv">
      <input name="internal" value="hidden" data-touchline-ignore>
      <fieldset data-touchline-ignore><input name="health" value="hidden"></fieldset>
      <button name="do" value="other">Other</button>`;
    const outside = `<input type="password" name="elements" value="hidden" form="full">`;
    website().page("/full", form(fields).replace("<form", '<form id="full"') + outside + website().tag());
    const page = await website().open("/full");
    await ready(page);
    await page.setInputFiles("#cv", {
      name: "cv.txt",
      mimeType: "text/plain",
      buffer: Buffer.from("hidden"),
    });
    await fill(page, "mia@example.com");
    await page.waitForURL("**/thanks");
    const [post] = await website().posted(1);
    const sent = [...post!.fields].filter(([name]) => !/^(page|referrer|submi.*)$/.test(name));
    expect(sent).toEqual([
      ["email", "mia@example.com"],
      ["name", "Ünal Ørsted"],
      ["message", "one\ntwo"],
      ["topic", "a"],
      ["topic", "b"],
      ["size", "m"],
      ["country", "FR"],
      ["do", "send"],
    ]);
  });
});

describe("consent", () => {
  const site = (consent: string) => {
    website().page("/a", website().tag(consent));
    website().page("/b", form() + website().tag(consent));
  };
  /** Comes from a campaign, comes back directly later, and fills the form on the second page. */
  async function visit(visitor: Awaited<ReturnType<ReturnType<typeof website>["visitor"]>>, email: string) {
    const page = await website().open("/a?utm_campaign=First&utm_source=ads&fbclid=click-1", visitor);
    await ready(page);
    await page.goto(`${website().url}/a?utm_campaign=Second&gclid=click-2#part`);
    await ready(page);
    await page.goto(`${website().url}/b`, { referer: "https://www.example.com/" });
    await ready(page);
    await fill(page, email);
    await page.waitForURL("**/thanks");
    return { page, post: (await website().posted(1))[0]! };
  }

  test("given: the last campaign is the form's, the first is beside it, and the browser is known again", async () => {
    site('data-consent="granted"');
    const visitor = await website().visitor();
    const { post } = await visit(visitor, "ann@example.com");
    const submission = await readPost(post);
    expect(submission).toMatchObject({
      email: "ann@example.com",
      campaign: { name: "Second" },
      asset: { url: `${website().url}/b` },
      anonymous: expect.stringMatching(/^[0-9a-f]{32}$/),
      messageId: expect.stringMatching(/^[0-9a-f]{32}$/),
      properties: {
        gclid: "click-2",
        first_utm_campaign: "First",
        first_utm_source: "ads",
        first_fbclid: "click-1",
        referrer: "https://www.example.com/",
        first_page: `${website().url}/a?utm_campaign=First&utm_source=ads&fbclid=click-1`,
      },
    });
    expect(submission?.campaign).toEqual({ name: "Second" });
    expect(await timelineOf("ann@example.com")).toMatchObject([{ campaign: { name: "Second" } }]);

    const page = await website().open("/b", visitor);
    await ready(page);
    const again = await storageOf(page);
    expect(again?.id).toBe(submission?.anonymous);
    await website().posted(2);
    await expect.poll(async () => (await storageOf(page))?.queue).toEqual([]);
    // What the beacon brought was not known to have arrived, so the next page sent it again: it is one touch.
    expect(`${website().posts[1]?.fields}`).toBe(`${post.fields}`);
    expect(await timelineOf("ann@example.com")).toHaveLength(1);
  });

  test.each([
    ["not given", "", undefined],
    ["refused", 'data-consent="denied"', undefined],
    ["given, but against the browser's Global Privacy Control", 'data-consent="granted"', "gpc"],
  ])(
    "%s: nothing is stored and nobody is known again; the form is sent all the same",
    async (_, consent, gpc) => {
      site(consent);
      const wish = "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true })";
      const visitor = await website().visitor(gpc && wish);
      const { page, post } = await visit(visitor, "bob@example.com");
      expect(await readPost(post)).toMatchObject({ email: "bob@example.com", campaign: {} });
      expect([...post.fields.keys()].toSorted()).toEqual([
        "do",
        "email",
        "page",
        "referrer",
        "submissionId",
        "submittedAt",
      ]);
      await page.goto(`${website().url}/a?${utm}`);
      await ready(page);
      if (gpc) await page.evaluate("touchline.consent(true)");
      expect(await storageLength(page)).toBe(0);
      expect(await page.context().cookies()).toEqual([]);
    },
  );

  test("given by a call, before the script has come: it is remembered, and taken back it is forgotten", async () => {
    site("");
    website().page(
      "/ask",
      `<script>(window.touchline = window.touchline || []).push(["consent", true])</script>${website().tag()}`,
    );
    const visitor = await website().visitor();
    const page = await website().open(`/ask?${utm}`, visitor);
    await ready(page);
    const given = await storageOf(page);
    expect(given).toMatchObject({
      first: { query: { gclid: "click-1" } },
      last: { query: { utm_source: "newsletter" } },
    });
    const other = await website().open("/b", visitor);
    await ready(other);
    expect((await storageOf(other))?.id).toBe(given?.id);

    await page.evaluate("touchline.push(['consent', false])");
    expect(await storageLength(page)).toBe(0);
    // The other tab heard of it, and stores nothing any more.
    await expect
      .poll(() => other.evaluate("touchline.send({ email: 'cleo@example.com' }), localStorage.length"))
      .toBe(0);
    expect((await website().posted(1))[0]?.fields.has("anonymousId")).toBe(false);
  });

  test("the last campaign is forgotten after 90 days, and who the browser is after 13 months", async () => {
    site('data-consent="granted"');
    const visitor = await website().visitor();
    const begin = Date.now();
    const page = await website().open(`/a?${utm}`, visitor);
    await ready(page);
    const { id, first } = (await storageOf(page))!;
    let sent = 0;
    for (const [days, campaign, knows] of [
      [89, "Spring Sale", true],
      [91, undefined, true],
      [396, undefined, false],
    ] as const) {
      await visitor.clock.setFixedTime(begin + days * 24 * 60 * 60 * 1000);
      await page.goto(`${website().url}/b`);
      await ready(page);
      await page.fill("[name=email]", "ann.later@example.com");
      await page.evaluate("touchline.send(document.querySelector('form'))");
      const post = (await website().posted(++sent)).at(-1);
      const submission = await readPost(post!);
      expect([days, submission?.campaign.name]).toEqual([days, campaign]);
      expect([days, submission?.anonymous === id]).toEqual([days, knows]);
      expect(submission?.properties.first_page).toBe(knows ? first.page : `${website().url}/b`);
    }
  });

  test("the campaign that a form names itself is not mixed with that of the visit", async () => {
    const own = form(
      '<input type="hidden" name="utm_campaign" value="Own"><input type="hidden" name="utm_term">',
    );
    website().page("/own", own + website().tag('data-consent="granted"'));
    const page = await website().open(`/own?${utm}`);
    await ready(page);
    await fill(page, "dan@example.com");
    const [post] = await website().posted(1);
    expect((await readPost(post!))?.campaign).toEqual({ name: "Own" });
  });

  test("every parameter by which the server knows an advertisement is kept", async () => {
    const ids =
      "gclid gbraid wbraid gclsrc dclid fbclid msclkid li_fat_id ttclid twclid yclid rdt_cid epik sccid irclickid";
    const query = [...ids.split(" "), "utm_id", "UTM_Term", "utm_content"]
      .map((name) => `${name}=v-${name}`)
      .join("&");
    website().page("/ads", website().tag('data-consent="granted"'));
    website().page("/b", form() + website().tag('data-consent="granted"'));
    const page = await website().open(`/ads?${query}&other=1`);
    await ready(page);
    await page.goto(`${website().url}/b`);
    await ready(page);
    await fill(page, "eve@example.com");
    const submission = await readPost((await website().posted(1))[0]!);
    for (const id of ids.split(" ")) expect(submission?.properties).toHaveProperty(id, `v-${id}`);
    expect(submission?.campaign).toEqual({ id: "v-utm_id", term: "v-UTM_Term", content: "v-utm_content" });
    expect(submission?.properties).not.toHaveProperty("other");
  });
});

describe("a form that posts to the product by itself", () => {
  const plain = (action: string) => form().replace('"/thanks"', `"${action}"`).replace('="demo"', "");

  test("needs no script", async () => {
    website().page("/plain", plain(`${website().host}/v1/forms/plain?writeKey=${keys.form}`));
    const page = await website().open(`/plain?${utm}`);
    await fill(page, "fay@example.com");
    await page.waitForURL(`${website().host}/**`);
    expect(await page.textContent("body")).toContain("Thank you");
    expect(await timelineOf("fay@example.com")).toMatchObject([{ channel: "form", asset: { id: "plain" } }]);
  });

  test("goes where it says, with 303", async () => {
    const redirect = `<input type="hidden" name="_redirect" value="${website().url}/thanks">`;
    const action = `${website().host}/v1/forms/plain?writeKey=${keys.form}`;
    website().page("/plain", plain(action).replace("<button", `${redirect}<button`));
    const page = await website().open("/plain");
    await fill(page, "fay.redirected@example.com");
    await page.waitForURL(`${website().url}/thanks`);
    expect(website().posts.map((post) => post.status)).toEqual([303]);
  });

  test("is one touch with the script too, and has its campaign from an earlier page", async () => {
    const action = `${website().host}/v1/forms/plain?writeKey=${keys.form}`;
    website().page("/a", website().tag('data-consent="granted"'));
    website().page("/plain", plain(action) + website().tag('data-consent="granted"'));
    const page = await website().open(`/a?${utm}`);
    await ready(page);
    await page.goto(`${website().url}/plain`);
    await ready(page);
    await fill(page, "gil@example.com");
    await page.waitForURL(`${website().host}/**`);
    expect(await timelineOf("gil@example.com")).toMatchObject([
      { campaign: { name: "Spring Sale" }, asset: { id: "plain", url: `${website().url}/plain` } },
    ]);
    expect(website().posts).toHaveLength(1);
    expect(await readPost(website().posts[0]!)).toMatchObject({
      anonymous: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
  });
});

describe("what could not be sent", () => {
  test("while the browser was offline, is sent once when it is back", async () => {
    website().page("/application", applicationForm + website().tag());
    const page = await (await website().visitor()).newPage();
    await page.clock.install();
    await page.goto(`${website().url}/application`);
    await ready(page);
    // No timer runs by itself, so it is not patience that brings the form.
    await page.clock.pauseAt(Date.now() + 60_000);
    await page.context().setOffline(true);
    const failed = page.waitForEvent("requestfailed");
    await fill(page, "hal@example.com");
    await page.clock.runFor(10);
    await failed;
    expect(website().posts).toEqual([]);
    await page.context().setOffline(false);
    await website().posted(1);
    expect(await timelineOf("hal@example.com")).toHaveLength(1);
  });

  test("before the page was left, is sent by a later page, once", async () => {
    website().page("/form", form() + website().tag('data-consent="granted"'));
    website().page("/thanks", `Thank you ${website().tag('data-consent="granted"')}`);
    website().weather = "broken";
    const page = await website().open(`/form?${utm}`);
    await ready(page);
    await fill(page, "ida@example.com");
    await page.waitForURL("**/thanks");
    await ready(page);
    await expect.poll(() => website().posts.length).toBeGreaterThanOrEqual(2);
    expect(await timelineOf("ida@example.com")).toEqual([]);
    expect((await storageOf(page))?.queue).toHaveLength(1);

    website().weather = "fine";
    await page.reload();
    await website().posted(1);
    await expect.poll(async () => (await storageOf(page))?.queue).toEqual([]);
    expect(await timelineOf("ida@example.com")).toMatchObject([{ campaign: { name: "Spring Sale" } }]);
  });

  test("because the server was not able to, is sent again after a while; what it refused is not", async () => {
    website().page("/application", applicationForm + website().tag());
    const page = await (await website().visitor()).newPage();
    await page.clock.install();
    await page.goto(`${website().url}/application`);
    await ready(page);
    website().weather = "unavailable";
    await fill(page, "jan@example.com");
    await page.clock.runFor(10);
    await website().posted(1);
    website().weather = "fine";
    const answered = page.waitForResponse((response) => response.status() === 202);
    await page.clock.runFor(10_000);
    await answered;
    expect((await website().posted(2)).map((post) => post.status)).toEqual([503, 202]);
    expect(await timelineOf("jan@example.com")).toHaveLength(1);

    const refused = page.waitForResponse((response) => response.status() === 400);
    await page.evaluate("touchline.send({ email: 'no address' }, 'other')");
    await page.clock.runFor(10);
    await refused;
    await page.clock.runFor(3_600_000);
    await page.evaluate("touchline.send({ email: 'jan@example.com' }, 'other')");
    await page.clock.runFor(10);
    expect((await website().posted(4)).map((post) => post.status)).toEqual([503, 202, 400, 202]);
  });
});

describe("a page is never harmed", () => {
  test.each([
    [
      "storage is forbidden",
      "Object.defineProperty(window, 'localStorage', { get() { throw new Error('forbidden') } })",
      1,
    ],
    ["there are no beacons", "delete Navigator.prototype.sendBeacon", 1],
    [
      "nothing can be sent",
      "window.fetch = Navigator.prototype.sendBeacon = () => { throw new Error('blocked') }",
      0,
    ],
  ])("where %s", async (_, initScript, posts) => {
    website().page("/form", form() + website().tag('data-consent="granted"'));
    website().page("/thanks", "Thank you");
    const page = await website().open(`/form?${utm}`, await website().visitor(initScript));
    await ready(page);
    await page.evaluate(
      "touchline.push(['nothing']), touchline.push(), touchline.send(null), touchline.consent()",
    );
    await page.evaluate("touchline.consent(true)");
    await fill(page, "kai@example.com");
    await page.waitForURL("**/thanks");
    expect(await page.textContent("body")).toContain("Thank you");
    await website().posted(posts);
  });
});

describe("GET /touchline.js", () => {
  test("is under 3 KB compressed", () => {
    expect(gzipSync(bundleSnippet(), { level: 9 }).byteLength).toBeLessThan(3 * 1024);
  });

  test("may be loaded by any page, kept for an hour, and asked for again cheaply", async () => {
    const { request } = product();
    const answer = await request("GET", "/touchline.js");
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "content-type": "text/javascript; charset=utf-8",
      "content-encoding": "gzip",
      "cache-control": "public, max-age=3600, stale-while-revalidate=86400",
      "access-control-allow-origin": "*",
      "cross-origin-resource-policy": "cross-origin",
      "x-content-type-options": "nosniff",
    });
    const script = await answer.text();
    expect(script).toBe(bundleSnippet());
    const etag = answer.headers.get("etag")!;
    const plain = await request("GET", "/touchline.js", { headers: { "accept-encoding": "br, gzip;q=0" } });
    expect(plain.headers.get("content-encoding")).toBeNull();
    expect(await plain.text()).toBe(script);
    for (const [held, status] of [
      [etag, 304],
      [`"other", ${etag.slice(2)}`, 304],
      ["*", 304],
      ['"other"', 200],
    ] as const) {
      const again = await request("GET", "/touchline.js", { headers: { "if-none-match": held } });
      expect([held, again.status, again.headers.get("etag")]).toEqual([held, status, etag]);
    }
  });
});
