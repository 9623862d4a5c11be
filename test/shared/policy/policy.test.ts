import { describe, expect, test } from "vitest";
import { defaultMachineClicks } from "../../../shared/policy/machine-clicks.ts";
import { defaultPolicy, parsePolicy, starterPolicy } from "../../../shared/policy/policy.ts";
import { channels } from "../../../shared/touchpoint/touch.ts";

describe("a policy", () => {
  test("says, of nothing, eight touches in 180 days", () => {
    expect(defaultPolicy).toEqual({
      threshold: 8,
      windowDays: 180,
      timeZone: "UTC",
      channels: { form: 1, check_in: 1, email_click: 1, meeting: 1, call: 1, page: 0, direct_mail: 0 },
      oncePer: ["channel", "campaign", "day"],
      direction: "inbound",
      minChannels: 1,
      minDays: 1,
      maxPerCampaign: null,
      maxPerChannel: {},
      maxPerSourcePerDay: null,
      exclude: {
        machine: true,
        roleAddresses: true,
        unsubscribed: false,
        doNotContact: true,
        internalDomains: [],
        domains: [],
        customers: true,
        openDeals: true,
      },
      machineClicks: defaultMachineClicks(),
      segments: {},
      account: null,
      weights: [],
      fastTrack: [],
      require: { traits: [], segments: [] },
      goLive: null,
      maxLeadsPerExport: null,
      requalifyAfterDays: 90,
      serviceLevel: {
        hours: 8,
        calendar: { timeZone: "UTC", days: [1, 2, 3, 4, 5], from: "09:00", to: "17:00", holidays: [] },
        calendars: {},
      },
      owners: [],
      rejectionReasons: [
        "bad_data",
        "not_a_fit",
        "no_need",
        "no_budget",
        "unreachable",
        "timing",
        "existing_customer",
        "competitor",
        "student",
        "duplicate",
        "other",
      ],
      retentionDays: null,
    });
    expect(parsePolicy({})).toEqual({ policy: defaultPolicy });
  });

  test("of starters wants two channels and caps campaigns and clicks", () => {
    expect(starterPolicy).toEqual({
      ...defaultPolicy,
      minChannels: 2,
      maxPerCampaign: 3,
      maxPerChannel: { email_click: 4 },
    });
  });

  test("keeps the defaults of what it does not name, inside channels and exclude too", () => {
    expect(parsePolicy({ channels: { form: 3 }, exclude: { machine: false }, oncePer: [] })).toEqual({
      policy: {
        ...defaultPolicy,
        channels: { ...defaultPolicy.channels, form: 3 },
        exclude: { ...defaultPolicy.exclude, machine: false },
        oncePer: [],
      },
    });
  });

  test("spells domains one way", () => {
    const result = parsePolicy({
      exclude: { domains: [" @Bücher.Example. "], internalDomains: ["ACME.example"] },
    });
    expect(result).toMatchObject({
      policy: { exclude: { domains: ["xn--bcher-kva.example"], internalDomains: ["acme.example"] } },
    });
  });

  test("says the rest of a hand-off in one spelling", () => {
    expect(
      parsePolicy({
        segments: { dach: { country: "DE" } },
        goLive: "2026-12-01T01:00:00+01:00",
        owners: [
          { owner: " Ada ", domain: "www.Acme.example", segment: "dach", country: "DE" },
          { owner: "Bob" },
        ],
        require: { traits: ["email", "company"], segments: ["dach"] },
        serviceLevel: { hours: 4, calendars: { Ada: { timeZone: "Europe/Berlin", to: "24:00" } } },
        fastTrack: [{ name: " demo ", asset: [" demo* "] }],
      }),
    ).toMatchObject({
      policy: {
        goLive: "2026-12-01T00:00:00.000Z",
        owners: [{ owner: "Ada", domain: "acme.example", segment: "dach", country: "DE" }, { owner: "Bob" }],
        require: { traits: ["email", "company"], segments: ["dach"] },
        serviceLevel: {
          hours: 4,
          calendar: { timeZone: "UTC", from: "09:00" },
          calendars: {
            Ada: {
              timeZone: "Europe/Berlin",
              days: [1, 2, 3, 4, 5],
              from: "09:00",
              to: "24:00",
              holidays: [],
            },
          },
        },
        fastTrack: [{ name: "demo", asset: ["demo*"] }],
      },
    });
  });

  test("may measure nothing", () => {
    expect(parsePolicy({ serviceLevel: null })).toMatchObject({ policy: { serviceLevel: null } });
  });

  const nothing = Object.fromEntries(channels.map((channel) => [channel, 0]));
  test.each<[what: string, input: Record<string, unknown>, isOne: boolean]>([
    ["a weight earns where the channel does not", { weights: [{ asset: "demo", points: 1 }] }, true],
    ["a weight of its channel", { weights: [{ channel: ["form", "call"], points: 1 }] }, true],
    ["no weight earns", { weights: [{ asset: "demo", points: 0 }] }, false],
    [
      "one that earns is behind one about all of its channel",
      {
        weights: [
          { channel: "form", points: 0 },
          { channel: "form", asset: "demo", points: 1 },
        ],
      },
      false,
    ],
    [
      "one about all of a channel takes its points",
      { channels: { ...nothing, form: 1 }, weights: [{ channel: "form", points: 0 }] },
      false,
    ],
    [
      "two channels by weights and none by itself",
      {
        minChannels: 2,
        weights: [
          { channel: "form", points: 1 },
          { channel: "call", source: "x", points: 1 },
        ],
      },
      true,
    ],
    [
      "touches qualify at once, whatever they are worth",
      { fastTrack: [{ name: "demo", asset: "demo" }] },
      true,
    ],
  ])("somebody can qualify: %s", (_, input, isOne) => {
    const result = parsePolicy({ channels: nothing, ...input });
    expect("issues" in result ? result.issues.map(({ field }) => field) : []).toEqual(
      isOne ? [] : ["minChannels"],
    );
  });

  test("fits into the item in which it is kept", () => {
    const asset = Array.from({ length: 100 }, (_, index) => `${index}`.padStart(500, "x"));
    const weights = Array.from({ length: 10 }, () => ({ asset, points: 1 }));
    expect(parsePolicy({ weights })).toEqual({
      issues: [{ field: "", detail: "must have at most 380000 bytes as JSON" }],
    });
    expect(parsePolicy({ weights: weights.slice(0, 7) })).toHaveProperty("policy");
  });

  test("that was read can be read again", () => {
    expect(parsePolicy(JSON.parse(JSON.stringify(starterPolicy)))).toEqual({ policy: starterPolicy });
  });

  test.each([
    [null, "", "must be of type object"],
    [[], "", "must be of type object"],
    [{ treshold: 3 }, "treshold", "is not a field of a policy"],
    [{ threshold: "8" }, "threshold", "must be of type number"],
    [{ threshold: 0 }, "threshold", "must be at least 0.001"],
    [{ threshold: 1.0005 }, "threshold", "must have at most three decimals"],
    [{ threshold: Number.NaN }, "threshold", "must be of type number"],
    [{ windowDays: 0 }, "windowDays", "must be at least 1"],
    [{ windowDays: 731 }, "windowDays", "must be at most 730"],
    [{ windowDays: 1.5 }, "windowDays", "must be a whole number"],
    [{ timeZone: "Mars/Olympus" }, "timeZone", "must be an IANA time zone such as Europe/Berlin"],
    [{ timeZone: "+01:00" }, "timeZone", "must be an IANA time zone such as Europe/Berlin"],
    [{ channels: { form: -1 } }, "channels.form", "must be at least 0"],
    [{ channels: { form: 1001 } }, "channels.form", "must be at most 1000"],
    [{ channels: { fax: 1 } }, "channels.fax", "is not a field of a policy"],
    [{ oncePer: ["week"] }, "oncePer.0", "must be one of channel, campaign, day, source"],
    [{ oncePer: ["day", "day"] }, "oncePer", "must name each only once"],
    [{ direction: "outbound" }, "direction", "must be one of inbound, any"],
    [{ minDays: 31, windowDays: 30 }, "minDays", "must be at most windowDays: nobody could ever qualify"],
    [
      { minChannels: 6 },
      "minChannels",
      "must be at most the number of channels that earn points: nobody could ever qualify",
    ],
    [{ maxPerCampaign: 0 }, "maxPerCampaign", "must be at least 1"],
    [{ maxPerChannel: { fax: 1 } }, "maxPerChannel.fax", "is not a field of a policy"],
    [{ exclude: { domains: ["localhost"] } }, "exclude.domains.0", "must be a domain such as acme.example"],
    [{ exclude: { bots: true } }, "exclude.bots", "is not a field of a policy"],
    [{ weights: [{ points: 2 }] }, "weights.0", "must name at least one of channel, asset, campaign, source"],
    [{ weights: [{ asset: "demo" }] }, "weights.0.points", "must be of type number"],
    [{ weights: [{ asset: "demo", points: -1 }] }, "weights.0.points", "must be at least 0"],
    [
      { weights: [{ channel: "fax", points: 1 }] },
      "weights.0.channel",
      `must be one of ${channels.join(", ")}`,
    ],
    [
      { weights: [{ channel: ["form", "fax"], points: 1 }] },
      "weights.0.channel.1",
      `must be one of ${channels.join(", ")}`,
    ],
    [{ weights: [{ campaign: " ", points: 1 }] }, "weights.0.campaign", "must be at least 1"],
    [{ weights: [{ campaign: [], points: 1 }] }, "weights.0.campaign", "must be at least 1"],
    [{ fastTrack: [{ asset: "demo" }] }, "fastTrack.0.name", "must be of type string"],
    [{ fastTrack: [{ name: "a", asset: "a", url: "x" }] }, "fastTrack.0.url", "is not a field of a policy"],
    [
      { require: { traits: ["shoeSize"] } },
      "require.traits.0",
      "must be one of email, firstName, lastName, company, jobTitle, phone, country",
    ],
    [{ require: { traits: ["email", "email"] } }, "require.traits", "must name each only once"],
    [{ require: { segments: ["dach"] } }, "require.segments", "must name segments of this policy"],
    [{ require: { segments: ["constructor"] } }, "require.segments", "must name segments of this policy"],
    [
      { goLive: "2026-12-01" },
      "goLive",
      "must be a time in ISO 8601 with a time zone, such as 2026-12-01T00:00:00Z",
    ],
    [
      { goLive: "2026-13-01T00:00:00Z" },
      "goLive",
      "must be a time in ISO 8601 with a time zone, such as 2026-12-01T00:00:00Z",
    ],
    [{ maxLeadsPerExport: 0 }, "maxLeadsPerExport", "must be at least 1"],
    [{ requalifyAfterDays: -1 }, "requalifyAfterDays", "must be at least 0"],
    [{ serviceLevel: { hours: 0 } }, "serviceLevel.hours", "must be at least 0.25"],
    [
      { serviceLevel: { calendar: { from: "0900" } } },
      "serviceLevel.calendar.from",
      "must be a time of day such as 09:00",
    ],
    [
      { serviceLevel: { calendar: { from: "17:00", to: "09:00" } } },
      "serviceLevel.calendar.to",
      "must be later than from",
    ],
    [
      { serviceLevel: { calendars: { Ada: { days: [0] } } } },
      "serviceLevel.calendars.Ada.days.0",
      "must be at least 1",
    ],
    [
      { serviceLevel: { calendar: { holidays: ["2026-02-30"] } } },
      "serviceLevel.calendar.holidays.0",
      "must be a day such as 2026-12-24",
    ],
    [
      { serviceLevel: { calendar: { holidays: ["2026-13-01"] } } },
      "serviceLevel.calendar.holidays.0",
      "must be a day such as 2026-12-24",
    ],
    [
      { serviceLevel: { calendar: { timeZone: "Berlin" } } },
      "serviceLevel.calendar.timeZone",
      "must be an IANA time zone such as Europe/Berlin",
    ],
    [{ owners: [{ segment: "dach" }] }, "owners.0.owner", "must be of type string"],
    [{ owners: [{ owner: "Ada", segment: "dach" }] }, "owners", "must name segments of this policy"],
    [
      { owners: [{ owner: "Ada", domain: "localhost" }] },
      "owners.0.domain",
      "must be a company's domain such as acme.example",
    ],
    [{ rejectionReasons: [] }, "rejectionReasons", "must be at least 1"],
    [
      { rejectionReasons: ["Not a fit"] },
      "rejectionReasons.0",
      "must be up to 60 of a-z, digits and underscores, such as not_a_fit",
    ],
  ])("%j is refused at %s: %s", (input, field, detail) => {
    expect(parsePolicy(input)).toEqual({ issues: [{ field, detail }] });
  });

  test("is refused with every reason at once", () => {
    const result = parsePolicy({ threshold: -1, windowDays: 9999, nonsense: 1 });
    expect("issues" in result && result.issues.map(({ field }) => field).sort()).toEqual([
      "nonsense",
      "threshold",
      "windowDays",
    ]);
  });
});
