import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/pipeline/synthesis.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Two cores: one file beside the servers it talks to is as much as they carry.
    maxWorkers: 2,
  },
});
