/** Why a touch does not count. */
export const reasons = [
  "repeat",
  "conflict",
  "machine",
  "out_of_window",
  "outbound",
  "channel_weight_zero",
  "capped",
  "excluded_domain",
  "internal",
  "role_address",
  "unsubscribed",
  "do_not_contact",
  "cancelled",
  "earlier_cycle",
] as const;
export type Reason = (typeof reasons)[number];
