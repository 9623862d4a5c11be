import type { Refusal } from "./refusal.ts";

/** An amount as it is kept: a decimal number as text, exact, and the currency that stood beside it. */
export interface ReadAmount {
  amount: string;
  currency?: string;
}

const plain = /^-?\d{1,18}(\.\d{1,6})?$/;

/** Whether a text is a plain decimal number: up to 18 digits, a dot, up to 6 digits. */
export const isPlainAmount = (text: string): boolean => plain.test(text);

/** Without zeros in front; the decimals stay as they were sent. */
export const cleanAmount = (text: string): string => text.replace(/^(-?)0+(?=\d)/, "$1");

const refuse = (code: string, detail: string): { refusal: Refusal } => ({
  refusal: { code, field: "amount", detail },
});

/**
 * The amount that a cell says: `1234.50`, also as it is written for people (`1,234.50`, `€ 1.234,50`, `EUR 1'234.50`) as long as it can be read in
 * one way only. `1,234` and `1.234` could be a thousand or little more than one, and are refused.
 * @param text not empty
 */
export function readAmount(text: string): ReadAmount | { refusal: Refusal } {
  const bare = text.replace(/\p{Sc}/gu, "").trim();
  const code = /^([A-Z]{3})(?![A-Z])|(?<![A-Z])([A-Z]{3})$/.exec(bare);
  const currency = code?.[1] ?? code?.[2];
  const number = (code ? bare.replace(code[0], "") : bare).replace(/[\s\u00a0\u202f'’]/gu, "");
  const sign = number.startsWith("-") ? "-" : "";
  const digits = number.slice(sign.length);
  if (/^[1-9]\d{0,2}[.,]\d{3}$/.test(digits)) {
    return refuse(
      "ambiguous_amount",
      "this can be read as thousands or as a number with three decimals: write it as a plain decimal number such as 1234.50",
    );
  }
  const read = decimalOf(digits);
  if (read === undefined || !plain.test(sign + read))
    return refuse("invalid_amount", "this is no decimal number such as 1234.50");
  return { amount: cleanAmount(sign + read), ...(currency && { currency }) };
}

/** A number with its separators, where they can be read in one way, as a plain one. */
function decimalOf(digits: string): string | undefined {
  if (/^\d+(\.\d+)?$/.test(digits)) return digits;
  if (/^\d{1,3}(,\d{3})+\.\d+$/.test(digits) || /^\d{1,3}(,\d{3}){2,}$/.test(digits))
    return digits.replaceAll(",", "");
  if (/^\d{1,3}(\.\d{3})+,\d+$/.test(digits)) return digits.replaceAll(".", "").replace(",", ".");
  if (/^\d{1,3}(\.\d{3}){2,}$/.test(digits)) return digits.replaceAll(".", "");
  if (/^\d+,\d+$/.test(digits)) return digits.replace(",", ".");
  return undefined;
}
