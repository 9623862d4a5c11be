/** That sales got a lead: a file of its export was downloaded, or a webhook with it was answered with 2xx. Immutable. */
export interface Receipt {
  by: "download" | "webhook";
  /** ISO 8601 UTC with milliseconds. */
  at: string;
  /** The id of the key, or of the endpoint. */
  who: string;
  /** The role of the key: what marketing or the administrator downloads is no receipt by sales. */
  role?: "read" | "sales" | "admin";
  /** The file's name. */
  file?: string;
}

/** Whether sales got it by this: the clock starts. */
export const isSalesReceipt = ({ by, role }: Receipt): boolean => by === "webhook" || role === "sales";

/** The first receipt by sales; undefined where there is none. */
export const firstReceipt = (receipts: readonly Receipt[]): Receipt | undefined =>
  receipts
    .filter(isSalesReceipt)
    .reduce<Receipt | undefined>(
      (first, one) => (first === undefined || one.at < first.at ? one : first),
      undefined,
    );
