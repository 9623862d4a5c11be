import fc from "fast-check";

/** Any UTF-16 there can be, half surrogate pairs and control characters included. */
export const anyText: fc.Arbitrary<string> = fc
  .array(fc.oneof(fc.nat({ max: 0xffff }), fc.integer({ min: 0xd800, max: 0xdfff }), fc.nat({ max: 0x7f })), {
    maxLength: 20,
  })
  .map((units) => String.fromCharCode(...units));
