import { InvalidSetting } from "./settings.ts";
import { buildApp } from "./synthesize.ts";

// Run by the CDK command line, which names the output folder and the context in the environment.
try {
  buildApp({ validate: true }).app.synth();
} catch (error) {
  if (!(error instanceof InvalidSetting)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
