import * as z from "zod/mini";

/** Points as a policy gives them. Sums of thousandths are exact, so ten touches of 0.1 make 1. */
export const pointsBetween = (least: number, most: number) =>
  z.number().check(
    z.minimum(least),
    z.maximum(most),
    z.refine<number>((value) => Math.abs(value * 1000 - Math.round(value * 1000)) < 1e-6, {
      error: "must have at most three decimals",
    }),
  );
