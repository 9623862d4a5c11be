import { startRuntime } from "../../infra/local/runtime.ts";

/** The product in a process of its own, to be killed: `node runtime-process.ts <data folder> <port> <assembly>`. */
const [dataDirectory = "", port = "", assembly = ""] = process.argv.slice(2);
const { url } = await startRuntime({ dataDirectory, port: Number(port), assembly });
process.stdout.write(`ready ${url}\n`);
