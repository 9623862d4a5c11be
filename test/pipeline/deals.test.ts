import { expect, test } from "vitest";
import { keys, runProduct } from "./product.ts";

const product = runProduct();

test("deals are told by sales, read by all, kept with their contacts, and gone with whoever is erased", async () => {
  const { json, request, contact } = product();
  const path = `/v1/deals/${encodeURIComponent("Acme 2026/7")}`;
  const body = {
    stage: "Closed Won",
    amount: "12000.50",
    currency: "EUR",
    owner: "Sam Seller",
    contacts: [{ email: "lee@example.com", role: "Signs" }, { email: "kit@example.com" }],
  };
  expect((await request("PUT", path, { key: keys.read, body })).status).toBe(403);
  expect(await json("PUT", path, 200, { key: keys.sales, body })).toMatchObject({ id: "Acme 2026/7" });
  expect(await json("GET", path, 200, { key: keys.read })).toMatchObject({
    status: "won",
    amount: "12000.50",
  });
  const lee = (await contact("lee@example.com"))!;
  expect(lee).toMatchObject({ lifecycle: "won", owner: "Sam Seller", deals: [{ id: "Acme 2026/7" }] });

  const list = [{ id: "D-2", stage: "Proposal", updatedAt: "2026-01-02T00:00:00Z" }, { id: "D-3" }];
  expect(await json("POST", "/v1/deals", 200, { key: keys.sales, body: list })).toMatchObject({
    ids: ["D-2"],
    rejected: [{ index: 1, field: "stage" }],
  });

  await json("DELETE", `/v1/contacts/${lee.id}`, 202, { key: keys.admin });
  await request("POST", "/_local/drain");
  expect(await contact("lee@example.com")).toBeUndefined();
  const after = await json("GET", path, 200, { key: keys.read });
  expect(after.contacts).toMatchObject([
    { role: null, identifiers: [{ id: expect.any(String), value: "kit@example.com" }] },
    { role: null, identifiers: [{ id: lee.id, value: null }] },
  ]);
});
