import * as z from "zod/mini";

const day = 24 * 60 * 60;
const whole = (least: number, most: number) => z.int().check(z.minimum(least), z.maximum(most));

const sharedAddressSchema = z.strictObject({
  /** Different recipients, at least. */
  recipients: z._default(whole(2, 10_000), 5),
  withinSeconds: z._default(whole(1, day), 600),
});

/**
 * By which signs a click in an e-mail is taken for a machine's. Each can be switched off: `false` where it is a yes or a no, else
 * `null`. The defaults are what mail security scanners do and readers do not: they click within seconds of the delivery,
 * several links at once, and for everybody from one address.
 */
export const machineClicksSchema = z.strictObject({
  /** Clients that say they are programs. */
  scannerAgents: z._default(z.boolean(), true),
  /** HEAD requests: a reader's browser asks for the page. */
  headRequests: z._default(z.boolean(), true),
  /** A click that comes at most so many seconds after its message was delivered, or before. */
  atDeliverySeconds: z._default(z.nullable(whole(0, 3600)), 10),
  /** Different links of one message within so many seconds; how many, `burstLinks` says. */
  burstSeconds: z._default(z.nullable(whole(0, 3600)), 3),
  burstLinks: z._default(whole(2, 100), 2),
  /** A click on a link that no reader sees; and, so many seconds around it, others by the same client in the same message. */
  honeypotSeconds: z._default(z.nullable(whole(0, day)), 60),
  /** Clicks from one address for so many recipients of one message. The night looks for them. */
  sharedAddress: z._default(z.nullable(sharedAddressSchema), () => z.parse(sharedAddressSchema, {})),
});

/** The thresholds of a policy for clicks by machines. */
export type MachineClicks = z.output<typeof machineClicksSchema>;

export const defaultMachineClicks = (): MachineClicks => z.parse(machineClicksSchema, {});
