import { parseArgs } from "node:util";
import { DemoFailed } from "./local-instance.ts";
import { fewestPeople } from "./quarter.ts";

export interface DemoArguments {
  url: string;
  seed: number;
  people: number;
  help: boolean;
}

const mostPeople = 20_000;

export const demoUsage = `Fills a running local Touchline with a quarter of a company's marketing, runs a night, and lets sales answer its leads.

  npm run demo -- [--url http://127.0.0.1:3000] [--seed 7] [--people 400]

  --url     where it runs; start it with npm start, in another shell (http://127.0.0.1:3000)
  --seed    a number; another one is another quarter of other people (7)
  --people  how many people, ${fewestPeople} to ${mostPeople} (400)

Within one week the same seed and people send the same: run again, it adds only what has happened since.
`;

/**
 * Reads the command line of the demo.
 * @throws DemoFailed for what cannot be used
 */
export function readDemoArguments(args: string[]): DemoArguments {
  const { url, seed, people, help } = parsed(args);
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new DemoFailed(`--url ${url}: an address such as http://127.0.0.1:3000 is needed`);
  }
  if (!/^\d{1,9}$/.test(seed)) throw new DemoFailed(`--seed ${seed}: a seed is a whole number`);
  const count = Number(people);
  if (!/^\d{1,9}$/.test(people) || count < fewestPeople || count > mostPeople) {
    throw new DemoFailed(`--people ${people}: a number from ${fewestPeople} to ${mostPeople} is needed`);
  }
  return { url, seed: Number(seed), people: count, help };
}

function parsed(args: string[]) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        url: { type: "string", default: "http://127.0.0.1:3000" },
        seed: { type: "string", default: "7" },
        people: { type: "string", default: "400" },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    return values;
  } catch (error) {
    const [reason] = (error instanceof Error ? error.message : String(error)).split(". ");
    throw new DemoFailed(`${reason}; --help lists what there is`);
  }
}
