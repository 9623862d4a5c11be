import type { FunctionName } from "../shared/http/routes.ts";

/** How a function is sized. */
export interface FunctionSize {
  description: string;
  /** MB; processor time grows with it, and 1,769 MB are one whole processor. */
  memory: number;
  /** Seconds. A function that answers HTTP must have ended before API Gateway gives up, at 30. */
  timeout: number;
}

/** Every function of the product, once; the key is its folder under functions/. */
export const functions: Record<FunctionName, FunctionSize> = {
  "form-fill": { description: "Website forms", memory: 512, timeout: 15 },
  "event-check-in": { description: "Event check-ins", memory: 512, timeout: 15 },
  "email-click": { description: "Tracked links in e-mails", memory: 512, timeout: 10 },
  collect: { description: "Touchpoints of any channel", memory: 512, timeout: 15 },
  webhook: { description: "Webhooks of providers", memory: 512, timeout: 20 },
  "look-up": { description: "Asks providers for what their webhooks left out", memory: 256, timeout: 30 },
  process: { description: "Writes queued touchpoints to the table", memory: 1024, timeout: 60 },
  "dead-letter": { description: "Quarantines what could not be processed", memory: 512, timeout: 30 },
  // The close of a run reads the whole outbox in one invocation, so it has the longest timeout there is.
  nightly: { description: "The nightly run", memory: 1769, timeout: 900 },
  // As much time as there is: it reads files of up to a million rows, twice.
  import: { description: "Takes in uploaded lists", memory: 1769, timeout: 900 },
  api: { description: "Contacts, leads, exports and settings", memory: 1024, timeout: 29 },
  // Ten deliveries side by side, each of which gives up after fifteen seconds.
  deliver: { description: "Tells others' webhooks what happened", memory: 512, timeout: 60 },
  "fast-track": { description: "Finds leads that must not wait for the night", memory: 1024, timeout: 60 },
  "what-if": { description: "Counts history anew under a draft of a policy", memory: 1769, timeout: 900 },
  "watch-sources": { description: "Looks for sources that are silent", memory: 256, timeout: 60 },
  "watch-hand-off": { description: "Looks for leads that wait too long", memory: 512, timeout: 300 },
  authorizer: { description: "Is it a key, and of which role", memory: 512, timeout: 5 },
  "mint-key": { description: "Makes an API key; only IAM can invoke it", memory: 256, timeout: 10 },
};

export const functionNames = Object.keys(functions) as FunctionName[];

/** `FormFill` for `form-fill`: how a function is called inside logical ids. */
export const pascalCase = (name: string): string =>
  name
    .split("-")
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join("");
