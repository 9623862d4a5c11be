import { describe, expect, test } from "vitest";
import { emailCampaign, labelledCampaign } from "../../../shared/webhook/email-campaign.ts";

describe("a sender's labels", () => {
  test.each([
    ["campaign", { campaign: "Spring" }, { name: "Spring" }],
    [
      "campaign_name and campaign-id",
      { campaign_name: "Spring", "campaign-id": 7 },
      { name: "Spring", id: "7" },
    ],
    ["utm_…", { utm_source: "news", utm_medium: "email" }, { source: "news", medium: "email" }],
    ["lists of values", { campaign: ["Spring", "Summer"] }, { name: "Spring" }],
    ["labels that may mean anything", { env: "production", user: "7" }, {}],
    ["no labels", "campaign", {}],
    ["nothing", undefined, {}],
    ["empty ones", { campaign: " ", campaign_id: null }, {}],
  ])("%s", (_, labels, expected) => {
    expect(labelledCampaign(labels)).toEqual(expected);
  });

  test("are read as the source's field map says, before the usual names", () => {
    const labels = { mailing: "Autumn", campaign: "Spring", utm_source: "x" };
    const fieldMap = { mailing: "campaign.name", utm_source: "ignore" };
    expect(labelledCampaign(labels, fieldMap)).toEqual({ name: "Autumn" });
  });
});

describe("the campaign of an e-mail", () => {
  const link = "https://example.com/?utm_id=9&utm_campaign=link&utm_source=news&utm_content=top#x";

  test.each([
    ["the first that names one", [{}, { name: "a" }, { name: "b" }], undefined, { name: "a" }],
    ["whole: no id of another", [{ name: "a" }, { id: "2", name: "b" }], undefined, { name: "a" }],
    ["an id is shown with the next name", [{ id: "1" }, { name: "b" }], undefined, { id: "1", name: "b" }],
    [
      "the link's, where nothing else names one",
      [{}],
      link,
      { id: "9", name: "link", source: "news", content: "top" },
    ],
    ["the link's other parts", [{ name: "a" }], link, { name: "a", source: "news", content: "top" }],
    [
      "each part by the first that has it",
      [{ source: "own" }],
      link,
      { id: "9", name: "link", source: "own", content: "top" },
    ],
    ["none", [{}], "https://example.com/", undefined],
    ["too long a name is cut", [{ name: "a".repeat(400) }], undefined, { name: "a".repeat(300) }],
  ])("%s", (_, named, url, expected) => {
    expect(emailCampaign(named, url)).toEqual(expected);
  });
});
