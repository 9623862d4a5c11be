import { describe, expect, test } from "vitest";
import { readArguments } from "../../../infra/local/arguments.ts";
import { StartRefused } from "../../../infra/local/errors.ts";

const defaults = { port: 3000, dataDirectory: ".touchline", host: "127.0.0.1", help: false };

describe("the command line", () => {
  test.each([
    [[], {}],
    [["--port", "0"], { port: 0 }],
    [["--port=8080", "--data=/tmp/x"], { port: 8080, dataDirectory: "/tmp/x" }],
    [["--host", "localhost"], { host: "localhost" }],
    [["--host", "::1"], { host: "::1" }],
    [["--host", "127.1.2.3"], { host: "127.1.2.3" }],
    [["--assembly", "cdk.out"], { assembly: "cdk.out" }],
    [["-h"], { help: true }],
  ])("%j", (args, read) => {
    expect(readArguments(args)).toEqual({ ...defaults, ...read });
  });

  test.each([
    [["--prot", "1"], "Unknown option '--prot'; --help lists what there is"],
    [["serve"], "Unexpected argument 'serve'"],
    [["--port"], "--port"],
    [["--port", "http"], "--port http: a port is a number from 0 to 65535"],
    [["--port", "65536"], "--port 65536"],
    [["--data", ""], "--data: the name of a folder is missing"],
    [
      ["--host", "0.0.0.0"],
      "--host 0.0.0.0: only a loopback address such as 127.0.0.1, because the local keys",
    ],
    [["--host", "127.example.com"], "--host 127.example.com: only a loopback address"],
    [["--host", "192.168.0.2"], "only a loopback address"],
  ])("%j is refused in one line", (args, message) => {
    expect(() => readArguments(args)).toThrow(StartRefused);
    expect(() => readArguments(args)).toThrow(message);
    expect(() => readArguments(args)).not.toThrow("\n");
  });
});
