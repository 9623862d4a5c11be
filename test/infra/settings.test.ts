import { describe, expect, test } from "vitest";
import { InvalidSetting, readSettings } from "../../infra/settings.ts";

const read = (context: Record<string, unknown>) => readSettings((key) => context[key]);

describe("settings", () => {
  test("have defaults", () => {
    expect(read({})).toEqual({
      stage: "production",
      alarmEmail: undefined,
      timeZone: "UTC",
      nightAt: { hour: 4, minute: 0 },
    });
  });

  test("are read from context", () => {
    expect(
      read({ stage: "test-2", alarmEmail: "ops@example.com", timeZone: "Europe/Berlin", nightAt: "23:05" }),
    ).toEqual({
      stage: "test-2",
      alarmEmail: "ops@example.com",
      timeZone: "Europe/Berlin",
      nightAt: { hour: 23, minute: 5 },
    });
  });

  test.each([
    ["stage", "Production"],
    ["stage", "2nd"],
    ["stage", "a".repeat(21)],
    ["stage", ""],
    ["stage", 7],
    ["alarmEmail", "ops"],
    ["alarmEmail", "ops@example com"],
    ["timeZone", "Europe/Atlantis"],
    ["timeZone", "+01:00"],
    ["timeZone", ""],
    ["nightAt", "4:00"],
    ["nightAt", "24:00"],
    ["nightAt", "04:60"],
    ["nightAt", "04:00:00"],
  ])("refuse %s %j, naming the setting and the value", (setting, value) => {
    let thrown: unknown;
    try {
      read({ [setting]: value });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(InvalidSetting);
    expect((thrown as InvalidSetting).setting).toBe(setting);
    expect((thrown as InvalidSetting).message).toContain(JSON.stringify(value));
  });
});
