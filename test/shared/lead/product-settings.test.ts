import { describe, expect, test } from "vitest";
import * as z from "zod/mini";
import { defaultSettings, productSettingsSchema } from "../../../shared/lead/product-settings.ts";

describe("the settings", () => {
  test("have a default for everything", () => {
    expect(defaultSettings).toEqual({
      exportFormats: ["csv"],
      salesforce: {
        company: "[not provided]",
        lastName: "[not provided]",
        leadSource: null,
        status: null,
        countryField: "Country",
        leadIdField: null,
        evidenceField: null,
        lineEnding: "LF",
      },
      hubspot: { lifecycleStage: "marketingqualifiedlead", leadStatus: "NEW" },
      deals: { wonStages: [], lostStages: [] },
    });
    expect(z.parse(productSettingsSchema, JSON.parse(JSON.stringify(defaultSettings)))).toEqual(
      defaultSettings,
    );
  });

  test.each<[string, object]>([
    ["a field it does not know", { exportFormat: ["csv"] }],
    ["one in a part", { salesforce: { ownerId: "005" } }],
    ["an unknown format", { exportFormats: ["xlsx"] }],
    ["a format twice", { exportFormats: ["csv", "csv"] }],
    ["an empty fallback", { salesforce: { company: " " } }],
    ["a fallback that means nothing to Salesforce", { salesforce: { lastName: "#N/A" } }],
    ["a fallback that is too long", { salesforce: { lastName: "x".repeat(81) } }],
    ["a field by its label", { salesforce: { leadIdField: "Lead Id" } }],
    ["a column that is there anyway", { salesforce: { leadIdField: "description" } }],
    ["two columns of one name", { salesforce: { leadIdField: "T__c", evidenceField: "t__c" } }],
    ["a label over two lines", { hubspot: { leadStatus: "N\nEW" } }],
    ["a stage that is won and lost", { deals: { wonStages: ["Done"], lostStages: ["d_o_n_e"] } }],
  ])("refuse %s", (_, given) => {
    expect(z.safeParse(productSettingsSchema, given).success).toBe(false);
  });

  test.each(["Touchline_Lead_Id__c", "ns__Touchline_Id__c", "External", "T1__c"])(
    "take the field %s",
    (leadIdField) => {
      expect(z.safeParse(productSettingsSchema, { salesforce: { leadIdField } }).success).toBe(true);
    },
  );
});
