import { describe, expect, test } from "vitest";
import { defaultRejectionReasons as reasons } from "../../../shared/policy/hand-off.ts";
import {
  hubspotLeadStatuses,
  hubspotLifecycleStages,
  salesforceLeadStatuses,
} from "../../../shared/request/crm-status.ts";
import { type RowFields, rowFrom, rowFromJson } from "../../../shared/request/feedback-row.ts";

const email = "ada@example.com";
const leadId = "0190b6a3-5f0e-5a0b-8c3d-2f1e4d5c6b7a.first";

/** What a row says, in short: its outcome and reason, that it says nothing, or the code of its refusal. */
function saidBy(fields: RowFields): string {
  const read = rowFrom({ email, ...fields }, reasons);
  if ("ignored" in read) return read.ignored;
  if ("refusal" in read) return read.refusal.code;
  return [read.sent.outcome, read.sent.reason].filter(Boolean).join(" ");
}

describe("a CRM's status", () => {
  test.each([
    ["Open - Not Contacted", "says_nothing"],
    ["New", "says_nothing"],
    ["Working - Contacted", "contacted"],
    ["working", "contacted"],
    ["Closed - Converted", "accepted"],
    ["Qualified", "accepted"],
    ["Closed - Not Converted", "rejected other"],
    ["Unqualified", "rejected other"],
    ["Nurturing", "recycled"],
    ["NEW", "says_nothing"],
    ["OPEN", "says_nothing"],
    ["IN_PROGRESS", "contacted"],
    ["OPEN_DEAL", "accepted"],
    ["Open deal", "accepted"],
    ["UNQUALIFIED", "rejected other"],
    ["ATTEMPTED_TO_CONTACT", "contacted"],
    ["Attempted to contact", "contacted"],
    ["CONNECTED", "contacted"],
    ["BAD_TIMING", "recycled timing"],
    ["", "says_nothing"],
    ["Hot!", "unknown_status"],
  ])("%j is %s", (status, said) => expect(saidBy({ status })).toBe(said));

  test("every status of the shipped tables is understood as its row says", () => {
    for (const [status, outcome] of [...salesforceLeadStatuses, ...hubspotLeadStatuses])
      expect([status, saidBy({ status }).split(" ")[0]]).toEqual([status, outcome ?? "says_nothing"]);
    for (const [stage, outcome] of hubspotLifecycleStages)
      expect([stage, saidBy({ stage })]).toEqual([stage, outcome ?? "says_nothing"]);
  });

  test.each<[RowFields, string]>([
    // The stage decides where the lead status has not.
    [{ status: "", stage: "opportunity" }, "accepted"],
    [{ status: "CONNECTED", stage: "salesqualifiedlead" }, "accepted"],
    [{ status: "UNQUALIFIED", stage: "salesqualifiedlead" }, "rejected other"],
    [{ status: "NEW", stage: "lead" }, "says_nothing"],
    [{ status: "Our own", stage: "customer" }, "accepted"],
    [{ status: "Our own", stage: "lead" }, "unknown_status"],
    [{ status: "Our own", isConverted: true }, "accepted"],
    // Reasons in the CRM's words.
    [{ status: "Unqualified", reason: "Not a Fit" }, "rejected not_a_fit"],
    [{ status: "Unqualified", reason: "No budget" }, "rejected no_budget"],
    [{ status: "Unqualified", reason: "Went quiet" }, "rejected other"],
    [{ status: "Working - Contacted", reason: "No budget" }, "contacted"],
    [{ status: "Nurturing", reason: "timing" }, "recycled timing"],
    // In our words all of it is meant as it is written.
    [{ outcome: "Rejected", reason: "no_need" }, "rejected no_need"],
    [{ outcome: "rejected", reason: "Went quiet" }, "rejected Went quiet"],
    [{ outcome: "accepted", status: "Unqualified" }, "accepted"],
  ])("%j is %s", (fields, said) => expect(saidBy(fields)).toBe(said));

  test("a reason that the policy does not know is kept in the CRM's words", () => {
    const read = rowFrom({ email, status: "Unqualified", reason: "Went quiet" }, reasons);
    expect(read).toMatchObject({ sent: { reason: "other", note: "Went quiet" }, isState: true });
    const without = rowFrom({ email, status: "Unqualified", reason: "Went quiet" }, ["no_need"]);
    expect(without).toMatchObject({ sent: { reason: undefined, note: "Went quiet" } });
  });
});

describe("whose answer it is", () => {
  test.each<[RowFields, object]>([
    [{ email: " Ada <ADA@Example.com>" }, { email }],
    [{ crm: "00Q5f00000ABCDE" }, { crm: "salesforce:00Q5f00000ABCDE" }],
    [{ crm: "00Q5f00000ABCDEAAQ" }, { crm: "salesforce:00Q5f00000ABCDE" }],
    [{ crm: "Salesforce:00Q5f00000ABCDEAAQ" }, { crm: "salesforce:00Q5f00000ABCDE" }],
    [
      { crm: "hubspot:17", email },
      { crm: "hubspot:17", email },
    ],
    [{ lead: leadId }, { lead: leadId }],
  ])("%j", (fields, reference) => {
    expect(rowFrom({ outcome: "contacted", ...fields }, reasons)).toMatchObject({ reference });
  });

  test.each<[RowFields]>([[{}], [{ email: "nobody" }], [{ crm: "17" }], [{ lead: "17" }]])(
    "%j names nobody",
    (fields) => {
      const read = rowFrom({ outcome: "contacted", ...fields }, reasons);
      expect(read).toMatchObject({ refusal: { code: "invalid_field", field: "lead" } });
    },
  );
});

describe("an item of JSON", () => {
  test.each([
    [{ email }, "invalid_field", "outcome"],
    [{ email, outcome: "won" }, "invalid_field", "outcome"],
    [{ email, outcome: "accepted", mail: "x" }, "unknown_field", "mail"],
    ["text", "invalid_field", ""],
  ])("%j is refused", (item, code, field) => {
    expect(rowFromJson(item, reasons)).toMatchObject({ refusal: { code, field } });
  });

  test("what is null was not said", () => {
    const read = rowFromJson({ email, crm: null, outcome: "accepted", by: "Sam", until: null }, reasons);
    expect(read).toMatchObject({
      reference: { email },
      sent: { outcome: "accepted", by: "Sam" },
      isState: false,
    });
  });
});
