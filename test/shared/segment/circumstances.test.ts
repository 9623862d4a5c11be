import { describe, expect, test } from "vitest";
import { touchOf, track, website } from "./reading.ts";

describe("campaign, asset, client and traits of a touch", () => {
  const utm = "utm_campaign=autumn&utm_source=google&utm_medium=cpc&utm_id=7";
  const fromUrl = { id: "7", name: "autumn", source: "google", medium: "cpc" };
  test.each<[string, object, object | undefined]>([
    [
      "context.campaign",
      {
        context: {
          campaign: { name: "TPS", source: "Newsletter", medium: "email", term: "t", content: "c" },
        },
      },
      { name: "TPS", source: "Newsletter", medium: "email", term: "t", content: "c" },
    ],
    ["the page's address", { context: { page: { url: `https://www.example.com/?${utm}` } } }, fromUrl],
    [
      "the page's query",
      { context: { page: { url: "https://www.example.com/", search: `?${utm}` } } },
      fromUrl,
    ],
    ["the properties' address", { properties: { url: `https://www.example.com/?${utm}` } }, fromUrl],
    [
      "the properties",
      { properties: { utm_campaign: "autumn", utmSource: "google" } },
      { name: "autumn", source: "google" },
    ],
    ["an endless name", { context: { campaign: { name: "x".repeat(301) } } }, undefined],
    ["a text", { context: { campaign: "autumn" } }, undefined],
  ])("campaign from %s", (_, more, expected) => {
    expect(touchOf(track(more)).campaign).toEqual(expected);
  });

  test.each<[string, object, object]>([
    ["Form Submitted", { form_id: "f-1", formName: "Contact" }, { id: "f-1", name: "Contact" }],
    ["Form Submitted", { form_name: "Contact" }, { id: "Contact", name: "Contact" }],
    ["Form Submitted", { label: "Footer" }, { name: "Footer" }],
    ["Form Submitted", {}, { name: "Form Submitted" }],
    ["Event Checked In", { eventId: "expo", event_name: "Expo" }, { id: "expo", name: "Expo" }],
    ["Meeting Booked", { meeting_type: "Intro" }, { id: "Intro", name: "Intro" }],
    ["Call Completed", { subject: "Prices" }, { id: "Prices", name: "Prices" }],
  ])("asset of %s with %j", (event, properties, asset) => {
    expect(touchOf(track({ event, properties })).asset).toEqual(asset);
  });

  test("a page has its name or title, and its address", () => {
    const page = { url: "https://www.example.com/pricing", title: "Prices and plans" };
    const common = { userId: "u-1", context: { page } };
    expect(touchOf({ type: "page", ...common }).asset).toEqual({ name: page.title, url: page.url });
    expect(touchOf({ type: "page", name: "Pricing", ...common }).asset).toEqual({
      name: "Pricing",
      url: page.url,
    });
    expect(touchOf({ type: "screen", name: "Cart", userId: "u-1" })).toMatchObject({
      channel: "page",
      asset: { name: "Cart" },
    });
  });

  test("the browser of a web page is the request's, unless its library says it", () => {
    const client = { userAgent: "Browser/1", ip: "192.0.2.1" };
    const message = { type: "page", anonymousId: "a-1" };
    expect(touchOf(message, { ...website, client }).client).toEqual(client);
    expect(touchOf({ ...message, context: { ip: "0.0.0.0" } }, { ...website, client }).client).toEqual({
      ...client,
      ip: "0.0.0.0",
    });
    expect(touchOf({ ...message, context: { userAgent: "App/2" } }).client).toEqual({ userAgent: "App/2" });
  });

  test("a form's answers are traits; the form's and the page's names are not", () => {
    const properties = {
      firstName: "Ada",
      company: "Acme",
      name: "Contact form",
      title: "Contact us",
      budget: 7,
    };
    const context = { traits: { lastName: "Dyck", title: "CTO" } };
    const touch = touchOf(track({ properties, context }));
    expect(touch.traits).toEqual({ firstName: "Ada", lastName: "Dyck", company: "Acme", jobTitle: "CTO" });
    expect(touch.properties).toEqual(properties);
  });

  test("only where we may act too is a direction one of the touch", () => {
    const properties = { direction: "outbound" };
    expect(touchOf(track({ event: "Call Completed", properties })).direction).toBe("outbound");
    expect(touchOf(track({ event: "Link Clicked", properties })).direction).toBeUndefined();
  });

  test("of a web page's events only forms are of a channel of their own", () => {
    const channelOf = (event: string) => touchOf(track({ event, anonymousId: "a" }), website).channel;
    expect(["Lead Captured", "Meeting Booked", "Email Link Clicked"].map(channelOf)).toEqual([
      "form",
      "page",
      "page",
    ]);
  });
});
