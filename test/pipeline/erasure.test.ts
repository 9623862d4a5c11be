import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import * as z from "zod/mini";
import * as answers from "../../shared/query/answers.ts";
import { eightTouches, type Json, keys, runProduct } from "./product.ts";

const product = runProduct();
const admin = { key: keys.admin };

const erase = (id: string, status = 202, key = keys.admin) =>
  product().json("DELETE", `/v1/contacts/${id}`, status, { key });
const erasure = (id: string) => product().json("GET", `/v1/erasures/${id}`, 200, admin);
const ask = (id: string) => product().request("GET", `/v1/contacts/${id}`, { key: keys.read });
const evidence = async (email: string): Promise<Json> => {
  const contact = await product().contact(email);
  return product().json("GET", `/v1/contacts/${contact?.id}/evidence`, 200, { key: keys.read });
};
const trapped = (email: string) =>
  product().request("POST", "/v1/forms/contact", {
    key: keys.server,
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ email, _gotcha: "x" }).toString(),
  });
const quarantined = async () => (await product().json("GET", "/v1/quarantine", 200, admin)).items as Json[];

describe("erasing a person", () => {
  const [pat, sam] = ["pat@first.example", "sam@second.example"];

  test("takes all there is of them, keeps the rest, and does not let them come back", async () => {
    const touches = [
      ...eightTouches(pat).map((touch) => ({ ...touch, traits: { firstName: "Patricia" } })),
      ...eightTouches(sam),
      { id: "account", channel: "form", identifiers: { email: pat, user: "pat-7" } },
    ];
    await product().store(touches);
    await trapped(pat);
    await trapped(sam);
    const { runId } = await product().night();
    expect(await product().file(runId, "leads.csv")).toContain(pat);
    const lead = JSON.parse(
      (await product().file(runId, "leads.jsonl")).split("\n").find((line) => line.includes(pat))!,
    ) as Json;
    const others = await evidence(sam);
    const { id } = (await product().contact(pat))!;

    expect((await product().request("DELETE", `/v1/contacts/${id}`, { key: keys.sales })).status).toBe(403);
    const begun = await erase(id);
    expect(z.safeParse(answers.erasureSchema, begun).error?.issues ?? []).toEqual([]);
    expect(begun.exports).toEqual([{ runId, exportedAt: expect.any(String), leadIds: [lead.leadId] }]);
    expect(JSON.stringify(begun)).not.toContain("pat");
    // At once, also before the work is done.
    expect((await ask(id)).status).toBe(404);
    expect(await product().contact(pat)).toBeUndefined();

    await product().drain();
    expect(await erasure(begun.id)).toMatchObject({ state: "completed", exports: begun.exports });
    expect(await erase(id, 200)).toEqual(await erasure(begun.id));
    expect((await product().json("GET", "/v1/erasures", 200, admin)).items).toHaveLength(1);

    const run = await product().json("GET", `/v1/exports/${runId}`, 200, { key: keys.read });
    expect(run).toMatchObject({ counts: { leads: 1 }, erased: { leads: 1 } });
    for (const name of ["leads.csv", "leads.jsonl", "manifest.json"]) {
      const text = await product().file(runId, name);
      expect(text).not.toMatch(/pat@|Patricia/);
      if (name !== "manifest.json") expect(text).toContain(sam);
    }
    expect(JSON.parse(await product().file(runId, "manifest.json"))).toMatchObject({
      leads: 1,
      erased: { leads: 1 },
    });
    expect((await fetch(product().url + new URL(lead.evidenceUrl).pathname)).status).toBe(410);
    expect(await quarantined()).toHaveLength(1);
    expect(await evidence(sam)).toEqual(others);
  });

  test("what their senders send again is dropped, and counted as ignored", async () => {
    // Half a minute is how long a process may not have heard of an erasure; the night takes away what it wrote.
    const ignored = async () =>
      (await product().json("GET", "/v1/sources/local-server", 200, admin)).last24Hours.ignored as number;
    const before = await ignored();
    const deadline = Date.now() + 45_000;
    for (let sent = 0; (await ignored()) === before && Date.now() < deadline; sent++) {
      await product().store([{ id: `again-${sent}`, channel: "form", identifiers: { email: pat } }]);
      await pause(1_000);
    }
    expect(await ignored()).toBeGreaterThan(before);
    await trapped(pat);
    await product().drain();
    expect(await quarantined()).toHaveLength(1);
    expect(await product().contact(pat)).toBeUndefined();
    const { runId } = await product().night();
    expect(await product().file(runId, "leads.csv")).not.toContain(pat);
  });

  test("of whom nothing is known is no erasure", async () => {
    for (const id of ["nobody", "6f0d3c3e-54f1-4b8e-9a4e-2f1d5f5f7c11"]) await erase(id, 404);
    expect((await product().request("GET", "/v1/erasures/none", admin)).status).toBe(404);
  });
});
