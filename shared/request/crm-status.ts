import type { Outcome } from "../lead/feedback.ts";
import { fieldKey } from "./field-names.ts";

/** What a CRM's status says of a lead: an outcome, or nothing yet. */
export interface StatusMeaning {
  outcome: Outcome | null;
  /** Why, where the status itself says it. */
  reason?: string;
}

type Row = [status: string, outcome: Outcome | null, reason?: string];

/**
 * The values that `Status` of a Salesforce lead has in a new organisation, by both generations of the default list, and how they are
 * usually split further. Companies rename them; what is not here has to be said in a column `Outcome`.
 * - https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_leadstatus.htm
 *   (one or more of the values are those of a converted lead)
 * - https://developer.salesforce.com/docs/atlas.en-us.sfFieldRef.meta/sfFieldRef/salesforce_field_reference_Lead.htm
 */
export const salesforceLeadStatuses: readonly Row[] = [
  ["New", null],
  ["Open", null],
  ["Open - Not Contacted", null],
  ["Not Contacted", null],
  ["Assigned", null],
  ["Working", "contacted"],
  ["Working - Contacted", "contacted"],
  ["Contacted", "contacted"],
  ["Attempting", "contacted"],
  ["Engaged", "contacted"],
  ["Qualified", "accepted"],
  ["Closed - Converted", "accepted"],
  ["Converted", "accepted"],
  ["Unqualified", "rejected"],
  ["Not Qualified", "rejected"],
  ["Disqualified", "rejected"],
  ["Closed - Not Converted", "rejected"],
  ["Nurturing", "recycled"],
  ["Nurture", "recycled"],
];

/**
 * The values of HubSpot's contact property `hs_lead_status`: labels and internal names (`ATTEMPTED_TO_CONTACT`) are one spelling here.
 * An attempt is an answer of sales like a call that nobody picked up.
 * - https://knowledge.hubspot.com/properties/hubspots-default-contact-properties
 */
export const hubspotLeadStatuses: readonly Row[] = [
  ["New", null],
  ["Open", null],
  ["In Progress", "contacted"],
  ["Attempted to Contact", "contacted"],
  ["Connected", "contacted"],
  ["Open Deal", "accepted"],
  ["Unqualified", "rejected"],
  ["Bad Timing", "recycled", "timing"],
];

/**
 * The values of HubSpot's `lifecyclestage`. It only ever moves forward by itself, so it counts where the lead status has not decided.
 * - https://knowledge.hubspot.com/records/use-lifecycle-stages
 */
export const hubspotLifecycleStages: readonly Row[] = [
  ["Subscriber", null],
  ["Lead", null],
  ["Marketing Qualified Lead", null],
  ["Sales Qualified Lead", "accepted"],
  ["Opportunity", "accepted"],
  ["Customer", "accepted"],
  ["Evangelist", "accepted"],
  ["Other", null],
];

const byKey = (...tables: (readonly Row[])[]): Map<string, StatusMeaning> =>
  new Map(
    tables
      .flat()
      .map(([status, outcome, reason]) => [fieldKey(status), { outcome, ...(reason && { reason }) }]),
  );

const statuses = byKey(salesforceLeadStatuses, hubspotLeadStatuses);
const stages = byKey(hubspotLifecycleStages);

/** What a status of either CRM says, however it is spelt; undefined where it is not known. */
export const meaningOfStatus = (status: string): StatusMeaning | undefined => statuses.get(fieldKey(status));

/** The same of a stage of HubSpot's life cycle. */
export const meaningOfStage = (stage: string): StatusMeaning | undefined => stages.get(fieldKey(stage));
