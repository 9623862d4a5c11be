/** What whoever deploys may choose, as CDK context (`-c stage=test`). */
export interface Settings {
  /** Names the deployment: stacks of several stages live side by side in one account and region. */
  stage: string;
  /** Who is told when an alarm rings; undefined: the alarms exist, nobody is subscribed. */
  alarmEmail: string | undefined;
  /** IANA name of the zone in which `nightAt` is read. */
  timeZone: string;
  /** When the night begins, on the 24 hour clock. */
  nightAt: { hour: number; minute: number };
}

/** A context value that cannot be used; the message names the setting, the value and what would do. */
export class InvalidSetting extends Error {
  readonly setting: string;
  constructor(setting: string, value: unknown, expected: string) {
    super(`setting ${setting}: ${JSON.stringify(value)} is not ${expected}`);
    this.name = "InvalidSetting";
    this.setting = setting;
  }
}

const defaults = { stage: "production", alarmEmail: "", timeZone: "UTC", nightAt: "04:00" };

/**
 * Reads the settings from CDK context; what is absent has its default.
 *
 * @param context gives the value of a context key, undefined where it is not set
 * @throws InvalidSetting
 */
export function readSettings(context: (key: string) => unknown): Settings {
  const text = (key: keyof typeof defaults): string => {
    const value = context(key) ?? defaults[key];
    if (typeof value !== "string") throw new InvalidSetting(key, value, "a text");
    return value;
  };
  return {
    stage: readStage(text("stage")),
    alarmEmail: readAlarmEmail(text("alarmEmail")),
    timeZone: readTimeZone(text("timeZone")),
    nightAt: readNightAt(text("nightAt")),
  };
}

function readStage(value: string): string {
  // The stage is part of the names of functions, alarms and log groups, the longest of which may have 64 characters.
  if (!/^[a-z][a-z0-9-]{0,19}$/.test(value)) {
    throw new InvalidSetting(
      "stage",
      value,
      "1 to 20 lower-case letters, digits and hyphens, beginning with a letter",
    );
  }
  return value;
}

function readAlarmEmail(value: string): string | undefined {
  if (value === "") return undefined;
  if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value))
    throw new InvalidSetting("alarmEmail", value, "an e-mail address");
  return value;
}

function readTimeZone(value: string): string {
  const expected = "an IANA time zone such as Europe/Berlin or UTC";
  // Intl would also take offsets such as +01:00, which EventBridge Scheduler refuses.
  if (!/^[A-Za-z]/.test(value)) throw new InvalidSetting("timeZone", value, expected);
  try {
    new Intl.DateTimeFormat("en", { timeZone: value });
  } catch {
    throw new InvalidSetting("timeZone", value, expected);
  }
  return value;
}

function readNightAt(value: string): Settings["nightAt"] {
  const match = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(value);
  if (!match) throw new InvalidSetting("nightAt", value, "a time from 00:00 to 23:59, written HH:MM");
  return { hour: Number(match[1]), minute: Number(match[2]) };
}
