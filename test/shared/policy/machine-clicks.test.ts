import { describe, expect, test } from "vitest";
import { defaultPolicy, parsePolicy } from "../../../shared/policy/policy.ts";

const defaults = {
  scannerAgents: true,
  headRequests: true,
  atDeliverySeconds: 10,
  burstSeconds: 3,
  burstLinks: 2,
  honeypotSeconds: 60,
  sharedAddress: { recipients: 5, withinSeconds: 600 },
};

describe("a policy's signs of machine clicks", () => {
  test("are all there by default", () => {
    expect(defaultPolicy.machineClicks).toEqual(defaults);
  });

  test.each([
    [{}, {}],
    [
      { burstSeconds: null, scannerAgents: false },
      { burstSeconds: null, scannerAgents: false },
    ],
    [{ sharedAddress: null }, { sharedAddress: null }],
    [{ sharedAddress: { recipients: 20 } }, { sharedAddress: { recipients: 20, withinSeconds: 600 } }],
  ])("%j changes what it names", (machineClicks, changed) => {
    expect(parsePolicy({ machineClicks })).toEqual({
      policy: { ...defaultPolicy, machineClicks: { ...defaults, ...changed } },
    });
  });

  test.each([
    [{ burst: 3 }, "machineClicks.burst", "is not a field of a policy"],
    [{ atDeliverySeconds: -1 }, "machineClicks.atDeliverySeconds", "must be at least 0"],
    [{ atDeliverySeconds: 1.5 }, "machineClicks.atDeliverySeconds", "must be a whole number"],
    [{ burstLinks: 1 }, "machineClicks.burstLinks", "must be at least 2"],
    [{ honeypotSeconds: 100_000 }, "machineClicks.honeypotSeconds", "must be at most 86400"],
    [{ scannerAgents: null }, "machineClicks.scannerAgents", "must be of type boolean"],
    [{ sharedAddress: { recipients: 1 } }, "machineClicks.sharedAddress.recipients", "must be at least 2"],
  ])("%j is refused at %s", (machineClicks, field, detail) => {
    expect(parsePolicy({ machineClicks })).toEqual({ issues: [{ field, detail }] });
  });
});
