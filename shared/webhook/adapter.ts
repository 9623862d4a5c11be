import type { Refusal } from "../request/refusal.ts";
import type { Finding } from "../touchpoint/finding.ts";

/** A webhook's request as it came: the bytes are those that were signed, header names are in lower case. */
export interface WebhookRequest {
  body: Buffer;
  headers: Record<string, string | undefined>;
}

/** What a source knows to check a provider by, and to ask it. */
export interface Credentials {
  /** The secrets that are good now: the current one first, the one before while they overlap. */
  secrets: readonly string[];
  /** Base64 SPKI, for SendGrid. */
  publicKey?: string;
  /** The ARNs of the SNS topics that may tell this source anything. */
  topics?: readonly string[];
  /** Eventbrite's private token. */
  apiToken?: string;
  /** Zoom's server-to-server OAuth app. */
  accountId?: string;
  clientId?: string;
  clientSecret?: string;
}

/** The settings of a source that tell how its items are read. */
export interface ReadingSettings {
  /** Field names of one's own: `{"Ihre Mail": "email"}` (see `readForm`). */
  fieldMap?: Record<string, string>;
}

/** Why a request is not the provider's. Answered 401, with the code in a metric. */
export interface Rejection {
  code:
    | "missing_credentials"
    | "missing_signature"
    | "invalid_signature"
    | "stale_signature"
    | "forbidden_topic";
  /** For whoever sets the source up; never says what a right signature would have been. */
  detail: string;
}

/** An answer that a provider wants before it sends anything. */
export type Handshake =
  /** JSON to be answered at once. */
  | { answer: unknown }
  /** An address, pinned to the provider's own hosts, to be fetched once. */
  | { confirm: string };

/** Fetches JSON for a look-up. Throws LookUpFailed where it should be tried again. */
export type Ask = (
  url: string,
  request?: { method?: "GET" | "POST"; headers?: Record<string, string>; body?: string },
) => Promise<{ status: number; value: unknown }>;

/**
 * How one provider's webhooks are read: one file each, one line in the table of adapters. All but `lookUp` are pure.
 */
export interface WebhookAdapter {
  /** Headers that `findings` reads, in lower case; they are kept with an item in quarantine. */
  headers: readonly string[];
  /** The credentials without which no request can be checked or used. */
  needs: readonly (keyof Credentials)[];
  /** Further ones that it makes use of where they are set. */
  takes?: readonly (keyof Credentials)[];
  /** What of a credential is wrong, as it is set: `POST /v1/sources` refuses it then. */
  checkCredentials?(credentials: Partial<Credentials>): Refusal | undefined;
  /** The address of a certificate that `verify` needs, pinned to the provider's own hosts; undefined where the request names none such. */
  certificateUrl?(request: WebhookRequest): string | undefined;
  /** Whether the request is the provider's, over the raw bytes, in constant time. @param certificate PEM of `certificateUrl` */
  verify(
    request: WebhookRequest,
    credentials: Credentials,
    now: Date,
    certificate?: string,
  ): Rejection | undefined;
  /** Whether the request, already verified, is a handshake. */
  handshake?(value: unknown, credentials: Credentials): Handshake | undefined;
  /**
   * A token that is good for one item only, where the item itself is not signed: the second item under it is a forgery.
   */
  singleUseToken?(value: unknown): string | undefined;
  /** What the body says. Takes a whole body, and one item of it alone, as quarantine keeps it. */
  findings(value: unknown, request: Pick<WebhookRequest, "headers">, settings: ReadingSettings): Finding[];
  /** Completes an item for which `findings` said `lookUp`. Throws LookUpFailed where it should be tried again. */
  lookUp?(item: unknown, credentials: Credentials, ask: Ask): Promise<Finding>;
}

/** A look-up that did not work this time. `detail` names what was asked, never about whom. */
export class LookUpFailed extends Error {
  readonly detail: string;

  constructor(detail: string, cause?: unknown) {
    super(`look-up failed: ${detail}`, { cause });
    this.name = "LookUpFailed";
    this.detail = detail;
  }
}
