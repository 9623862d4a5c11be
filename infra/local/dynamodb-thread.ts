import type { AddressInfo } from "node:net";
import dynalite from "dynalite";
import { serve } from "./server-thread.ts";

await serve(async ({ directory }: { directory: string }) => {
  const server = dynalite({ path: directory, createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  server.keepAliveTimeout = 75_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    ready: { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
    answers: {},
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
});
