/**
 * What a function is told by its environment. The names exist once: infra sets them, functions read them.
 */
export const environmentNames = {
  table: "TABLE_NAME",
  touchpointsQueue: "TOUCHPOINTS_QUEUE_URL",
  lookUpsQueue: "LOOK_UPS_QUEUE_URL",
  nightQueue: "NIGHT_QUEUE_URL",
  importsQueue: "IMPORTS_QUEUE_URL",
  /** What is to be delivered to others' webhooks. */
  deliveriesQueue: "DELIVERIES_QUEUE_URL",
  /** Whom to look at before the night, because of what they just did. */
  fastTrackQueue: "FAST_TRACK_QUEUE_URL",
  whatIfQueue: "WHAT_IF_QUEUE_URL",
  exportsBucket: "EXPORTS_BUCKET_NAME",
  /** Where the HTTP API answers, without a slash at the end; evidence links begin with it. */
  publicUrl: "PUBLIC_URL",
} as const;

export type EnvironmentSetting = keyof typeof environmentNames;

/** A setting the function was not given: a fault of the deployment, found at the first use. */
export class MissingSetting extends Error {
  readonly setting: string;
  constructor(setting: string) {
    super(`the environment variable ${setting} is not set`);
    this.name = "MissingSetting";
    this.setting = setting;
  }
}

/** The value of a setting of this function. Throws MissingSetting. */
export function setting(name: EnvironmentSetting): string {
  const variable = environmentNames[name];
  const value = process.env[variable];
  if (!value) throw new MissingSetting(variable);
  return value;
}
