/** What an instance's process has used since it began. */
export interface Usage {
  /** Of all its threads: gateway, functions, DynamoDB, SQS and S3. */
  cpuMilliseconds: number;
}

/** To the process of an instance; each is answered with what it has used. */
export interface InstanceQuestion {
  id: number;
  question: "usage" | "startProfile" | "stopProfile";
  /** Where `stopProfile` writes one `.cpuprofile` per thread. */
  folder?: string;
}

export interface InstanceReady {
  kind: "ready";
  url: string;
  logFile: string;
  dynamodb: string;
  environment: Record<string, string>;
  tableName: string;
}

/** From the process of an instance. */
export type InstanceReply = InstanceReady | { kind: "answer"; id: number; usage: Usage };
