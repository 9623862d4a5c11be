import { isIPv4 } from "node:net";
import { parseArgs } from "node:util";
import { StartRefused } from "./errors.ts";

export interface Arguments {
  port: number;
  dataDirectory: string;
  host: string;
  assembly?: string;
  help: boolean;
}

export const usage = `Runs Touchline on this machine.

  npm start -- [--port 3000] [--data .touchline] [--host 127.0.0.1]

  --port      where the HTTP API answers; 0 for any port that is free (3000)
  --data      folder in which everything is kept (.touchline)
  --host      a loopback address (127.0.0.1)
  --assembly  runs the output of cdk synth in this folder instead of the app as it stands
`;

const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));

/**
 * Reads the command line.
 * @throws StartRefused for what cannot be used
 */
export function readArguments(args: string[]): Arguments {
  const { port, data, host, assembly, help } = parsed(args);
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    throw new StartRefused(`--port ${port}: a port is a number from 0 to 65535`);
  }
  if (!isLoopback(host)) {
    throw new StartRefused(
      `--host ${host}: only a loopback address such as 127.0.0.1, because the local keys are known to everyone`,
    );
  }
  if (data === "") throw new StartRefused("--data: the name of a folder is missing");
  return { port: Number(port), dataDirectory: data, host, help, ...(assembly !== undefined && { assembly }) };
}

function parsed(args: string[]) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        port: { type: "string", default: "3000" },
        data: { type: "string", default: ".touchline" },
        host: { type: "string", default: "127.0.0.1" },
        assembly: { type: "string" },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    return values;
  } catch (error) {
    const [reason] = (error instanceof Error ? error.message : String(error)).split(". ");
    throw new StartRefused(`${reason}; --help lists what there is`);
  }
}
