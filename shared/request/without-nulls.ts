/**
 * A JSON value as if its sender had left out every member that is null, in objects in objects too: serialisers write
 * `"phone": null` for what is not there. `properties` belong to their sender and stay as they are, as do lists.
 */
export function withoutNulls(value: unknown): unknown {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== null)
      .map(([name, member]) => [name, name === "properties" ? member : withoutNulls(member)]),
  );
}
