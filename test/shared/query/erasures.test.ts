import { QueryCommand } from "@aws-sdk/client-dynamodb";
import { beforeEach, describe, expect, test } from "vitest";
import type { HttpEvent } from "../../../shared/edge/http-handler.ts";
import { Problem } from "../../../shared/http/problem.ts";
import { sendFacts } from "../../../shared/ingest/intake.ts";
import type { Feedback } from "../../../shared/lead/feedback.ts";
import type { LedgerEntry } from "../../../shared/lead/ledger.ts";
import type { Receipt } from "../../../shared/lead/receipt.ts";
import { beginRun } from "../../../shared/night/begin.ts";
import { erase } from "../../../shared/night/erase.ts";
import type { NightMessage } from "../../../shared/night/night.ts";
import { phases } from "../../../shared/night/phases.ts";
import { planRun } from "../../../shared/night/plan.ts";
import { defaultPolicy } from "../../../shared/policy/policy.ts";
import { processMessages } from "../../../shared/process/process.ts";
import type { Api } from "../../../shared/query/api.ts";
import { putDeal } from "../../../shared/query/deals.ts";
import { eraseContact } from "../../../shared/query/erasures.ts";
import { createLinks, createLinkTokens } from "../../../shared/query/links.ts";
import { personalDataSchema } from "../../../shared/query/person-answers.ts";
import { exportContact } from "../../../shared/query/portability.ts";
import { separate } from "../../../shared/query/separations.ts";
import { Cached } from "../../../shared/store/cached.ts";
import { readContact } from "../../../shared/store/contact.ts";
import { activeItem, itemsOf } from "../../../shared/store/facts.ts";
import { addPolicy } from "../../../shared/store/policies.ts";
import { putQuarantine } from "../../../shared/store/quarantine.ts";
import { cachedSuppressions } from "../../../shared/store/suppressions.ts";
import { putAll } from "../../../shared/store/table.ts";
import { putPersonVerdict } from "../../../shared/store/verdicts.ts";
import {
  accountPartition,
  feedbackKey,
  leadKey,
  leadReceiptKey,
  partitions,
  personPartition,
} from "../../../shared/table/keys.ts";
import { foldContact } from "../../../shared/timeline/contact.ts";
import { acceptTouchpoint } from "../../../shared/touchpoint/accept.ts";
import { acceptPersonFact } from "../../../shared/touchpoint/accept-person-fact.ts";
import { type IdentifierType, identifierId } from "../../../shared/touchpoint/identifier.ts";
import type { PersonFactInput } from "../../../shared/touchpoint/person-fact.ts";
import type { Identifiers } from "../../../shared/touchpoint/touch.ts";
import { type MemoryWorld, openMemoryWorld } from "../../laws/memory-world.ts";
import { receive, settle } from "../../laws/pump.ts";
import { intakeOf, namespace, nightOf, processingOf, scanFiles } from "../../laws/world.ts";

const start = "2026-11-21T10:00:00.000Z";
const [pat, sam] = ["email:pat@first.example", "email:sam@second.example"];

const idOf = (name: string): string => {
  const colon = name.indexOf(":");
  return identifierId(namespace, name.slice(0, colon) as IdentifierType, name.slice(colon + 1));
};
const identifiersOf = (names: readonly string[]): Identifiers =>
  Object.fromEntries(
    names.map((name) => [name.slice(0, name.indexOf(":")), name.slice(name.indexOf(":") + 1)]),
  );

let world: MemoryWorld;
let api: Api;
beforeEach(async () => {
  world = await openMemoryWorld(start);
  const version = { v: 1, version: 0, policy: defaultPolicy, from: null } as const;
  const night = nightOf(world);
  api = {
    ...night,
    policy: new Cached(async () => version, Number.POSITIVE_INFINITY),
    suppressed: cachedSuppressions(night.table, night.secrets),
  } as Api;
});

const reception = {
  source: "website",
  sourceType: "server",
  route: "touchpoints",
  scope: "",
  receivedAt: start,
  namespace,
  freshId: "",
} as const;
const at = (hour: number) => `2026-11-20T${String(hour).padStart(2, "0")}:00:00.000Z`;

/** @returns the touch's id */
async function seen(hour: number, ...names: string[]): Promise<string> {
  const input = { id: `${hour}`, channel: "form", occurredAt: at(hour), identifiers: identifiersOf(names) };
  const accepted = acceptTouchpoint(input, input, reception);
  if ("refusal" in accepted) throw new Error(accepted.refusal.detail);
  expect(await putAll(world.table, itemsOf(accepted.fact))).toEqual(new Set());
  return accepted.fact.touch.touchId;
}

async function said(fact: PersonFactInput): Promise<void> {
  const accepted = acceptPersonFact(fact, fact, reception);
  if ("refusal" in accepted) throw new Error(accepted.refusal.detail);
  expect(await putAll(world.table, itemsOf(accepted.fact))).toEqual(new Set());
}

const eventOf = (name: string, body?: object, contentType = "application/json") =>
  ({
    pathParameters: { id: idOf(name) },
    headers: { "content-type": contentType },
    body: body && JSON.stringify(body),
  }) as unknown as HttpEvent;

/** Erases a person, whole. */
async function erased(name: string): Promise<string> {
  const { body } = await eraseContact(api, eventOf(name));
  const { id } = JSON.parse(body!) as { id: string };
  await erase(api, id);
  return id;
}
const rowsOf = (name: string) => world.items().filter(({ pk }) => pk === personPartition(idOf(name)));
const text = () => JSON.stringify(world.items());

describe("an erased person does not come back", () => {
  test("by a link or a token made for their address, which are answered as usual", async () => {
    await seen(1, pat);
    const recipients = ["pat@first.example", "sam@second.example"];
    const ask = async () => {
      const tokens = await createLinkTokens(api, eventOf(pat, { recipients }));
      return (JSON.parse(tokens.body!) as { items: object[] }).items;
    };
    const before = await ask();
    await erased(pat);
    world.now += 60_000;
    const links = await createLinks(api, eventOf(pat, { url: "https://x.example", recipients }));
    expect((JSON.parse(links.body!) as { items: object[] }).items).toHaveLength(2);
    expect(await ask()).toEqual(before);
    expect(text()).not.toContain("pat@first");
    expect(text()).toContain("sam@second");
    expect(rowsOf(pat).map(({ sk }) => sk)).toEqual(["identifier#erased"]);
  });

  test("by a process that has not heard of it yet, and puts nothing twice that it remembers", async () => {
    const processing = processingOf(world);
    const comes = async (id: string) => {
      const identifiers = identifiersOf([sam, "user:konto-7"]);
      const input = { id, channel: "form", occurredAt: at(1), identifiers } as const;
      const accepted = acceptTouchpoint(input, input, reception);
      if ("refusal" in accepted) throw new Error(accepted.refusal.detail);
      await sendFacts(intakeOf(world), [accepted.fact]);
      const messages = await receive(world.touchpoints);
      expect(await processMessages(processing, messages)).toEqual([]);
      await settle(world.touchpoints, messages, new Set());
    };
    await comes("m-1");
    await separate(api, eventOf(sam, { identifier: "user:konto-7", reason: "two people" }), undefined);
    const id = await erased("user:konto-7");
    expect(text()).not.toContain("konto-7");

    await comes("m-2");
    expect(text()).toContain("konto-7");
    world.now += 60 * 60_000;
    await erase(api, id);
    expect(text()).not.toContain("konto-7");
    expect(rowsOf(sam).filter(({ sk }) => sk.startsWith("at#"))).toHaveLength(2);
    expect(rowsOf("user:konto-7").map(({ sk }) => sk)).toEqual(["identifier#erased"]);
  });

  test("by a word by hand that names them", async () => {
    await seen(1, pat, "user:1");
    await seen(2, pat, "user:2");
    await seen(3, sam, "user:2");
    await erased("user:1");
    const word = { identifier: pat, reason: "pat@first.example has left" };
    await expect(separate(api, eventOf("user:2", word), undefined)).rejects.toThrow(Problem);
    expect(text()).not.toContain("pat@first");
  });
});

describe("an erasure takes", () => {
  test("a person of whom there is one touch and nothing else", async () => {
    await seen(1, pat);
    await erased(pat);
    expect(text()).not.toContain("pat@first");
  });

  test("what was said by hand to others whom the person was never seen with", async () => {
    await seen(1, pat, "user:1");
    await seen(2, "user:1", "crm:hubspot:1");
    const word = { identifier: pat, reason: "Patricia is another person" };
    await separate(api, eventOf("user:1", word), undefined);
    await erased(pat);
    expect(text()).not.toContain("Patricia");
  });

  test("the row at the company of an address that never touched anything", async () => {
    await said({ type: "traits", identifiers: identifiersOf([pat]), traits: { firstName: "Patricia" } });
    expect(world.items().some(({ pk }) => pk === accountPartition("first.example"))).toBe(true);
    await erased(pat);
    expect(world.items().filter(({ pk }) => pk === accountPartition("first.example"))).toEqual([]);
  });

  test("what was said of their clicks in a shared browser, also where it died on the way", async () => {
    await seen(1, pat, "anonymous:b");
    await seen(9, sam, "anonymous:b");
    const touchId = await seen(1, "anonymous:b");
    const verdict = {
      touchId,
      verdict: "human",
      by: "person",
      reason: "Patricia told me",
      at: start,
      id: "v",
    } as const;
    await putPersonVerdict(world.table, idOf("anonymous:b"), verdict, world.clock());
    const { body } = await eraseContact(api, eventOf(pat));
    const { id } = JSON.parse(body!) as { id: string };
    for (let writes = 0; writes < 10; writes++)
      await erase({ ...api, table: dying(writes) }, id).catch(() => {});
    await erase(api, id);
    expect(text()).not.toContain("Patricia");
  });
});

const sales = { role: "sales", keyId: "key-1" } as const;
const told = (more: object = {}) => {
  const contacts = [
    { email: "pat@first.example", role: "Patricia decides" },
    { email: "sam@second.example", role: "Signs" },
  ];
  const body = JSON.stringify({ stage: "Proposal", contacts, ...more });
  return putDeal(api, { ...eventOf(pat), pathParameters: { id: "D-1" }, body }, sales);
};

/** What sales said of a person's lead, and that it was received. */
async function answered(name: string): Promise<void> {
  const identifierId = idOf(name);
  const feedback: Feedback = {
    leadId: `${identifierId}.first`,
    feedbackId: "f-1",
    hash16: "0123456789abcdef",
    id: "1",
    outcome: "rejected",
    reason: "timing",
    note: "Patricia has left",
    by: "Anna",
    occurredAt: at(9),
    receivedAt: at(9),
    who: "key-1",
  };
  const entry: LedgerEntry = {
    v: 1,
    leadId: feedback.leadId,
    identifierId,
    cycle: "first",
    qualifiedAt: at(1),
    decidingTouchId: "",
    policyVersion: 0,
    foundIn: 1,
  };
  const receipt: Receipt = { by: "webhook", at: at(8), who: "endpoint-1" };
  const items = [
    { ...leadKey(identifierId, "first"), body: JSON.stringify(entry) },
    {
      ...feedbackKey(identifierId, "first", feedback.occurredAt, feedback.feedbackId, feedback.hash16),
      body: JSON.stringify({ v: 1, ...feedback }),
    },
    {
      ...leadReceiptKey(identifierId, "first", receipt.at, receipt.who),
      body: JSON.stringify({ v: 1, ...receipt }),
    },
  ];
  expect(await putAll(world.table, items)).toEqual(new Set());
}

const dealsHeldBy = async (name: string) => {
  const person = await readContact(world.table, idOf(name), { consistent: true });
  return person && foldContact(person, defaultPolicy).deals.map(({ stage }) => stage);
};

describe("an erasure takes what sales and the CRM said", () => {
  test("of the person, and of others nothing but what the person was in a deal of theirs", async () => {
    await seen(1, pat);
    await answered(pat);
    await told();
    expect(text()).toContain("Patricia decides");
    await erased(pat);
    expect(text()).not.toContain("pat@first");
    expect(text()).not.toContain("Patricia");
    expect(rowsOf(pat).map(({ sk }) => sk)).toEqual(["identifier#erased"]);
    expect(text()).toContain("Signs");
    expect(await dealsHeldBy(sam)).toEqual(["Proposal"]);
  });

  test("also where it died on the way", async () => {
    await seen(1, pat);
    await answered(pat);
    await told();
    const { body } = await eraseContact(api, eventOf(pat));
    const { id } = JSON.parse(body!) as { id: string };
    for (let writes = 0; writes < 12; writes++)
      await erase({ ...api, table: dying(writes) }, id).catch(() => {});
    await erase(api, id);
    expect(text()).not.toContain("Patricia");
    expect(await dealsHeldBy(sam)).toEqual(["Proposal"]);
  });

  test("which does not come back with the deal, and goes with the night where somebody did not know yet", async () => {
    await seen(1, pat);
    await told();
    await api.suppressed.get(world.now);
    await erased(pat);
    world.now += 1_000;
    await told({ stage: "Negotiation" });
    expect(text()).toContain("Patricia");
    world.now += 60 * 60_000;
    await told({ stage: "Closed Won" });
    await night();
    expect(text()).not.toContain("Patricia");
    expect(text()).not.toContain("pat@first");
    expect(rowsOf(pat).map(({ sk }) => sk)).toEqual(["identifier#erased"]);
    expect(await dealsHeldBy(sam)).toEqual(["Closed Won"]);
  });
});

test("all that is held of a person has what sales and the CRM said, and of a deal nobody else", async () => {
  await seen(1, pat);
  await answered(pat);
  await told();
  const { body } = await exportContact(api, { ...eventOf(pat), queryStringParameters: {} });
  const held = personalDataSchema.parse(JSON.parse(body!));
  const records = held.items.filter(({ record }) => ["feedback", "receipt", "deal"].includes(record));
  expect(records).toMatchObject([
    { record: "receipt", by: "webhook", at: at(8) },
    { record: "feedback", at: at(9), outcome: "rejected", note: "Patricia has left" },
    {
      record: "deal",
      stage: "Proposal",
      contacts: [{ identifierIds: [idOf(pat)], role: "Patricia decides" }],
    },
  ]);
  expect(body).not.toContain(idOf(sam));
  expect(held.person).toMatchObject({ deals: [{ id: "D-1" }], owner: "Anna" });
});

describe("an erasure ends", () => {
  test("where a day has more in quarantine than one attempt can go through", async () => {
    await seen(1, pat);
    for (let index = 0; index < 28; index++) {
      await putQuarantine(world.table, world.files, {
        kind: "quarantine",
        id: `entry-${String(index).padStart(3, "0")}`,
        source: "website",
        route: "segment",
        reason: "unknown_event",
        receivedAt: start,
        contentType: "application/json",
        raw: Buffer.from(JSON.stringify({ email: index % 7 ? sam : pat })).toString("base64"),
      });
    }
    const { body } = await eraseContact(api, eventOf(pat));
    const { id } = JSON.parse(body!) as { id: string };
    // An attempt ends, as a function does that has no time left, after it has gone on for a while.
    const attempt = async (): Promise<boolean> => {
      let pages = 0;
      const send = async (command: { input: unknown }) => {
        if (/"#?quarantine#/.test(JSON.stringify(command.input)) && command instanceof QueryCommand) pages++;
        if (pages > 4) throw new Error("no time left");
        return world.table.client.send(command as never);
      };
      const table = { ...world.table, client: { send } as unknown as Api["table"]["client"] };
      return erase({ ...api, table }, id).then(
        () => true,
        () => false,
      );
    };
    const attempts = [await attempt(), await attempt(), await attempt()];
    expect(attempts[0]).toBe(false);
    expect(attempts).toContain(true);
    const left = world.items().filter(({ pk }) => pk.startsWith(partitions.quarantine));
    expect(left).toHaveLength(24);
  });
});

const dying = (writes: number): Api["table"] => {
  let left = writes;
  const send = async (command: object) => {
    if (/Write|Put|Delete|Update/.test(command.constructor.name) && left-- <= 0) throw new Error("died");
    return world.table.client.send(command as never);
  };
  return { ...world.table, client: { send } as unknown as Api["table"]["client"] };
};

describe("an erasure finds the export", () => {
  test.each([
    ["", 0],
    [", by a clock that is behind", 60_000],
  ])("that a run completed while somebody asked for it%s", async (_, ahead) => {
    await addPolicy(world.table, { ...defaultPolicy, threshold: 1 }, world.clock());
    await seen(1, pat);
    await putAll(world.table, [activeItem(idOf(pat), world.clock())]);
    let readings = 0;
    const send = async (command: { input: unknown }) => {
      // The second time after the person was read.
      if (JSON.stringify(command.input).includes(partitions.suppressions) && ++readings === 2) {
        await night();
        world.now += 1_000;
      }
      return world.table.client.send(command as never);
    };
    const table = { ...world.table, client: { send } as unknown as Api["table"]["client"] };
    const reading = { ...api, table, clock: () => new Date(world.now + ahead) };
    const { body } = await eraseContact(reading, eventOf(pat));
    const { id } = JSON.parse(body!) as { id: string };
    await erase(api, id);
    const files = (await scanFiles(world)).map((file) => file.key);
    expect(files).toContain("exports/000001/leads.csv");
    for (const file of await scanFiles(world)) expect(file.body).not.toContain("pat@first");
  });
});

/** Plays a night to its end. */
async function night(): Promise<void> {
  await beginRun(nightOf(world), `night-${world.now}`);
  for (;;) {
    const messages = await receive(world.nightQueue, 10);
    if (messages.length === 0) return;
    for (const { body } of messages) {
      const message = JSON.parse(body) as NightMessage;
      if (message.kind === "erase") await erase(nightOf(world), message.id);
      if (message.kind === "plan") await planRun(nightOf(world), message.run);
      if (message.kind === "chunk") await phases[message.phase](nightOf(world), message.run, message.chunk);
    }
    await settle(world.nightQueue, messages, new Set());
  }
}
