import * as z from "zod/mini";
import { statusOfStage } from "./deal-stage.ts";

/** In which formats leads can be handed over, beside `leads.jsonl`, which every export has. */
export const exportFormats = ["csv", "salesforce", "hubspot"] as const;
export type ExportFormat = (typeof exportFormats)[number];

const different = z.refine<readonly string[]>((names) => new Set(names).size === names.length, {
  error: "must name each only once",
});

/** One line of text that a CRM shows as it stands. */
const label = (most: number) =>
  z.string().check(
    z.trim(),
    z.minLength(1),
    z.maxLength(most),
    z.refine<string>((value) => !/\p{Cc}/u.test(value), { error: "must be one line of text" }),
  );

/** What Salesforce takes for nothing: https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/datafiles_csv_valid_record_rows.htm */
export const salesforceNull = "#N/A";

const fallback = (most: number) =>
  label(most).check(
    z.refine<string>((value) => value !== salesforceNull, {
      error: `must not be ${salesforceNull}: Salesforce takes that for nothing`,
    }),
  );

/** The API name of a field as Salesforce has them: a letter, then letters, digits and single underscores, `__c` for one's own. */
const apiName = z.string().check(
  z.trim(),
  z.maxLength(80),
  z.refine<string>((value) => /^[a-z](_{0,2}[a-z0-9])*$/i.test(value), {
    error: "must be the API name of a field, such as Touchline_Lead_Id__c",
  }),
);

const optional = <Schema extends z.ZodMiniType>(schema: Schema) => z._default(z.nullable(schema), null);

/** The columns that a Salesforce file has anyway: a setting cannot name a second one. */
const salesforceOwn = [
  "FirstName",
  "LastName",
  "Company",
  "Title",
  "Email",
  "Phone",
  "LeadSource",
  "Status",
  "HasOptedOutOfEmail",
  "Description",
].map((name) => name.toLowerCase());

const salesforceSchema = z
  .strictObject({
    /** What stands for a company, or a last name, that nobody knows: Salesforce takes no lead without. */
    company: z._default(fallback(255), "[not provided]"),
    lastName: z._default(fallback(80), "[not provided]"),
    /** A value of the LeadSource picklist; null leaves the column out. */
    leadSource: optional(label(40)),
    /** A value of the Status picklist; null leaves the column out, and Salesforce sets its default. */
    status: optional(label(40)),
    /** The field for the country; null leaves it out. `CountryCode` where one's forms ask for codes. */
    countryField: z._default(z.nullable(apiName), "Country"),
    /** A text field of one's own for the lead's id, and one of type URL for the evidence; null leaves the column out. */
    leadIdField: optional(apiName),
    evidenceField: optional(apiName),
    /** As the ingest job says it. */
    lineEnding: z._default(z.enum(["LF", "CRLF"]), "LF"),
  })
  .check(
    z.refine(
      ({ countryField, leadIdField, evidenceField }) => {
        const names = [countryField, leadIdField, evidenceField].flatMap((name) => name?.toLowerCase() ?? []);
        return new Set([...names, ...salesforceOwn]).size === names.length + salesforceOwn.length;
      },
      { error: "must name each column only once" },
    ),
  );

const hubspotSchema = z.strictObject({
  /** The internal name of a lifecycle stage; null leaves the column out. */
  lifecycleStage: z._default(z.nullable(label(100)), "marketingqualifiedlead"),
  /** The internal name of a lead status; null leaves the column out. */
  leadStatus: z._default(z.nullable(label(100)), "NEW"),
});

const stages = z._default(z.array(label(255)).check(z.maxLength(200), different), () => []);

/** One's own CRM's words for stages at which a deal is over, beside those that Salesforce and HubSpot ship; any other is open. */
const dealsSchema = z.strictObject({ wonStages: stages, lostStages: stages }).check(
  z.refine((deals) => deals.wonStages.every((stage) => statusOfStage(stage, deals) === "won"), {
    path: ["lostStages"],
    error: "must not name a stage that is won",
  }),
);

/**
 * How the product fits the tools around it. What sales decides is in the policy. Every field has a default; a field it does not know
 * is refused.
 */
export const productSettingsSchema = z.strictObject({
  exportFormats: z._default(z.array(z.enum(exportFormats)).check(different), () => ["csv"] as ExportFormat[]),
  salesforce: z._default(salesforceSchema, () => z.parse(salesforceSchema, {})),
  hubspot: z._default(hubspotSchema, () => z.parse(hubspotSchema, {})),
  deals: z._default(dealsSchema, () => z.parse(dealsSchema, {})),
});

export type ProductSettings = z.output<typeof productSettingsSchema>;

/** What the files of an export depend on: frozen with its leads. */
export type FileSettings = Pick<ProductSettings, "exportFormats" | "salesforce" | "hubspot">;

export const defaultSettings: ProductSettings = z.parse(productSettingsSchema, {});
