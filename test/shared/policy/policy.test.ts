import { describe, expect, test } from "vitest";
import { defaultMachineClicks } from "../../../shared/policy/machine-clicks.ts";
import { defaultPolicy, parsePolicy, starterPolicy } from "../../../shared/policy/policy.ts";

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
      },
      machineClicks: defaultMachineClicks(),
      segments: {},
      account: null,
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
