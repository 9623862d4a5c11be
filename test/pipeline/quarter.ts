import { expect } from "vitest";
import { readFile } from "../../shared/files/files.ts";
import type { Answered, ClockedProduct, Receiver } from "./clocked-product.ts";
import type { Json } from "./product.ts";
import { definition, emails, series, touch } from "./quarter-people.ts";

/** What is left of a quarter: what the API says at its end. */
export interface Outcome {
  ledger: { who: string; qualifiedAt: string; policyVersion: number; status: string }[];
  handOff: Json;
  /** Leads in each export, the first one first. */
  leads: number[];
  /** The lines of every `changes.csv`, without their first. */
  changes: string[][];
  /** Leads of which others' webhooks heard. */
  announced: number;
}

/** A quarter of sales and marketing at Acme, from the fifth of January to the third of April. */
export class Quarter {
  readonly product: ClockedProduct;
  readonly receiver: Receiver;
  readonly runs: string[] = [];

  constructor(product: ClockedProduct, receiver: Receiver) {
    this.product = product;
    this.receiver = receiver;
  }

  async play(): Promise<Outcome> {
    await this.january();
    await this.february();
    await this.march();
    return this.outcome();
  }

  private sales(method: string, path: string, body?: Json | Json[] | string): Promise<Answered> {
    return this.product.ask("sales", method, path, body);
  }

  private async must(asked: Promise<Answered>): Promise<Json> {
    const { status, body } = await asked;
    expect(status, JSON.stringify(body)).toBeLessThan(300);
    await this.product.drain();
    return body;
  }

  /** The night of a day, at four. */
  private async night(date: string): Promise<void> {
    this.product.at(`${date}T04:00:00.000Z`);
    const { runId } = await this.must(this.product.ask("admin", "POST", "/v1/exports", {}));
    this.runs.push(String(runId));
  }

  private async contactOf(who: string): Promise<Json> {
    const { body } = await this.sales("GET", `/v1/contacts?email=${emails[who]}`);
    return (body.items as Json[])[0]!;
  }

  private async leadOf(who: string): Promise<Json> {
    return ((await this.contactOf(who)).leads as Json[]).at(-1)!;
  }

  private async feedback(who: string, occurredAt: string, outcome: string, more: Json = {}): Promise<void> {
    const { leadId } = await this.leadOf(who);
    const said = { id: `${who}-${occurredAt}`, outcome, occurredAt, ...more };
    await this.must(this.sales("POST", `/v1/leads/${leadId}/feedback`, said));
  }

  /** Whoever is at sales opens the night's file. */
  private async download(at: string): Promise<void> {
    this.product.at(at);
    const path = `/v1/exports/${this.runs.at(-1)}/files/leads.csv`;
    expect((await this.sales("GET", path)).status).toBe(302);
  }

  private async deal(id: string, who: string, fields: Json): Promise<void> {
    const contacts = [{ email: emails[who], role: "buyer" }];
    await this.must(this.sales("PUT", `/v1/deals/${id}`, { contacts, ...fields }));
  }

  /** Sales says what a lead is, and gets the first. */
  private async january(): Promise<void> {
    // Monday: history is imported, a receiver is registered, and sales writes down what a lead is.
    await this.product.send(...series("Otto", "2025-12-30T10:00:00Z", 4));
    await this.must(this.product.ask("admin", "POST", "/v1/webhook-endpoints", { url: this.receiver.url }));
    await this.deal("0061", "Gus", {
      stage: "Closed Won",
      amount: "1200.00",
      currency: "EUR",
      closedAt: "2025-11-01T00:00:00Z",
      updatedAt: "2025-11-01T00:00:00Z",
    });
    const draft = await this.must(this.sales("POST", "/v1/policies", definition));
    expect(draft).toMatchObject({ version: 1, state: "draft" });

    await this.must(this.sales("POST", "/v1/policies/1/what-if"));
    const whatIf = (await this.sales("GET", "/v1/policies/1/what-if")).body;
    expect(whatIf).toMatchObject({ state: "completed" });
    // Otto has four touches; nobody has the eight that the built-in policy asks for.
    expect(whatIf).toMatchObject({ gained: 1, lost: 0 });
    expect((await this.sales("GET", "/v1/policy")).body.version).toBe(0);

    await this.must(
      this.sales("POST", "/v1/policies/1/approve", {
        comment: "as agreed on Monday",
        from: "2026-01-06T00:00:00Z",
      }),
    );
    await this.night("2026-01-06");

    // Four people qualify on Thursday and are handed over on Friday.
    for (const who of ["Ann", "Ben", "Cleo", "Eli"]) {
      this.product.at("2026-01-08T12:00:00Z");
      await this.product.send(...series(who, "2026-01-08T10:00:00Z", 4));
    }
    await this.night("2026-01-09");
    await this.download("2026-01-09T09:00:00Z");

    this.product.at("2026-01-09T16:00:00Z");
    await this.feedback("Ann", "2026-01-09T15:00:00Z", "accepted", { by: "dana" });
    await this.feedback("Ann", "2026-01-09T11:00:00Z", "contacted", { by: "dana" });
    await this.feedback("Cleo", "2026-01-09T12:00:00Z", "recycled", {
      until: "2026-02-16T00:00:00Z",
      by: "dana",
    });

    // Eli's colleagues tested the form under his name.
    this.product.at("2026-01-12T10:00:00Z");
    const eli = await this.leadOf("Eli");
    const evidence = (await this.sales("GET", `/v1/leads/${eli.leadId}`)).body.touches as Json[];
    for (const { id } of evidence.slice(0, 2))
      await this.must(
        this.sales("POST", `/v1/touchpoints/${id}/verdict`, { verdict: "machine", reason: "our own test" }),
      );
    await this.night("2026-01-13");
    this.product.at("2026-01-13T12:00:00Z");
    await this.feedback("Ben", "2026-01-13T12:00:00Z", "rejected", { reason: "no_budget", by: "dana" });

    // Dev asks for a demo: no night is needed. Gus does enough for a lead, and buys from us already.
    this.product.at("2026-01-20T10:00:00Z");
    await this.product.send(...series("Gus", "2026-01-20T09:00:00Z", 4));
    await this.product.send(
      touch("Dev", "form", "Website", "2026-01-20T10:00:00Z", {
        asset: { id: "demo-request", name: "Demo request" },
      }),
    );
    expect(
      this.receiver
        .events()
        .filter(({ type }) => type === "lead.created")
        .at(-1),
    ).toMatchObject({
      data: { email: emails.Dev },
    });
    this.product.at("2026-01-20T12:00:00Z");
    await this.product.send(
      touch("Dev", "call", "Website", "2026-01-20T11:30:00Z", { direction: "outbound" }),
    );
    await this.night("2026-01-21");
    this.product.at("2026-01-21T12:00:00Z");
    await this.feedback("Dev", "2026-01-21T10:00:00Z", "contacted", { by: "kenji" });
    await this.deal("0062", "Dev", {
      stage: "Proposal",
      amount: "900.50",
      currency: "EUR",
      owner: "kenji",
      updatedAt: "2026-01-21T12:00:00Z",
    });
  }

  /** Somebody is held, somebody comes back, and the bar is lowered. */
  private async february(): Promise<void> {
    // Fay has done enough, but nobody knows for whom she works.
    this.product.at("2026-01-28T12:00:00Z");
    await this.product.send(...series("Fay", "2026-01-28T10:00:00Z", 4));
    await this.night("2026-01-29");
    const held = (await this.sales("GET", `/v1/contacts?email=${emails.Fay}`)).body.items as Json[];
    expect(held[0]).toMatchObject({ held: [{ code: "trait_missing", name: "company" }], leads: [] });
    this.product.at("2026-02-03T12:00:00Z");
    await this.product.send(
      touch("Fay", "page", "Website", "2026-02-03T12:00:00Z", { traits: { company: "Fay Ltd" } }),
    );
    await this.night("2026-02-04");
    this.product.at("2026-02-05T00:00:00Z");
    expect(await this.product.watch()).toBe(1);
    expect(await this.product.watch()).toBe(0);
    expect(this.receiver.events().filter(({ type }) => type === "lead.overdue")).toHaveLength(1);

    // Cleo reads on; but her time comes on the sixteenth, on a day when she does nothing.
    this.product.at("2026-02-05T12:00:00Z");
    await this.product.send(...series("Cleo", "2026-02-05T10:00:00Z", 4, "Spring"));
    await this.night("2026-02-06");
    expect((await this.leadOf("Cleo")).cycle).toBe("first");
    await this.night("2026-02-16");
    await this.download("2026-02-16T09:30:00Z");
    this.product.at("2026-02-16T12:00:00Z");
    await this.feedback("Cleo", "2026-02-16T10:30:00Z", "accepted", { by: "dana" });

    // Half way, sales lowers the bar.
    await this.must(this.sales("POST", "/v1/policies", { ...definition, threshold: 3 }));
    await this.must(
      this.sales("POST", "/v1/policies/2/approve", { comment: "too few", from: "2026-02-18T00:00:00Z" }),
    );
    this.product.at("2026-02-16T13:00:00Z");
    await this.product.send(...series("Hal", "2026-02-10T10:00:00Z", 3));
    await this.night("2026-02-17");
    expect((await this.sales("GET", `/v1/contacts?email=${emails.Hal}`)).body.items).toMatchObject([
      { leads: [] },
    ]);
    await this.night("2026-02-18");
    await this.download("2026-02-18T10:00:00Z");
    this.product.at("2026-02-18T11:00:00Z");
    // As a CRM gives it, in one file.
    await this.must(
      this.product.ask(
        "sales",
        "POST",
        "/v1/feedback",
        "Email,Lead Status,Rejection Reason,Last Modified Date,Lead Owner\r\n" +
          `${emails.Hal},Unqualified,not_a_fit,2026-02-18T11:00:00Z,kenji\r\n`,
      ),
    );
  }

  /** One deal is won, another lost. */
  private async march(): Promise<void> {
    // March: one deal is won, another lost; Ben is back sixty days after he said no.
    this.product.at("2026-03-02T12:00:00Z");
    await this.deal("0063", "Ann", {
      stage: "Closed Won",
      amount: "48000.00",
      currency: "EUR",
      closedAt: "2026-03-02T00:00:00Z",
      owner: "dana",
      updatedAt: "2026-03-02T12:00:00Z",
    });
    await this.deal("0062", "Dev", {
      stage: "Closed Lost",
      amount: "900.50",
      currency: "EUR",
      owner: "kenji",
      closedAt: "2026-03-02T00:00:00Z",
      updatedAt: "2026-03-02T12:00:00Z",
    });
    this.product.at("2026-03-05T12:00:00Z");
    await this.product.send(...series("Ben", "2026-03-04T10:00:00Z", 3, "Spring"));
    await this.night("2026-03-06");
    expect((await this.leadOf("Ben")).cycle).toBe("first");
    // Sixty days after noon of 13 January is noon of 14 March.
    await this.night("2026-03-14");
    expect((await this.leadOf("Ben")).cycle).toBe("first");
    await this.night("2026-03-16");
    await this.download("2026-03-16T09:00:00Z");
    this.product.at("2026-03-16T10:00:00Z");
    await this.feedback("Ben", "2026-03-16T10:00:00Z", "accepted", { by: "dana" });

    this.product.at("2026-04-02T12:00:00Z");
    await this.product.send(...series("Ivy", "2026-04-02T10:00:00Z", 3, "Spring"));
    await this.night("2026-04-03");
    this.product.at("2026-04-03T10:00:00Z");
  }

  private async outcome(): Promise<Outcome> {
    const names = new Map<unknown, string>();
    for (const who of Object.keys(emails)) names.set((await this.contactOf(who)).id, who);
    const { items } = (await this.sales("GET", "/v1/leads?limit=200")).body;
    const ledger = (items as Json[]).map(({ contactId, qualifiedAt, policyVersion, status }) => ({
      who: names.get(contactId) ?? "",
      qualifiedAt: String(qualifiedAt),
      policyVersion: Number(policyVersion),
      status: String(status),
    }));
    const exports: Json[] = [];
    const changes: string[][] = [];
    for (const runId of this.runs) {
      exports.push((await this.sales("GET", `/v1/exports/${runId}`)).body);
      const file = (await readFile(this.product.world.files, `exports/${runId}/changes.csv`)) ?? "";
      changes.push(
        ...file
          .trim()
          .split("\r\n")
          .slice(1)
          .map((line) => line.split(",")),
      );
    }
    return {
      ledger: ledger.sort((a, b) => (a.qualifiedAt + a.who < b.qualifiedAt + b.who ? -1 : 1)),
      handOff: (await this.product.ask("read", "GET", "/v1/handoff?from=2026-01-05T00:00:00Z")).body,
      leads: exports.map(({ counts }) => Number((counts as Json).leads)),
      changes,
      announced: this.receiver.events().filter(({ type }) => type === "lead.created").length,
    };
  }
}
