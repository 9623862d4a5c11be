import { currentWorker } from "./worker.ts";

/** The part of the SDK's middleware that the three clients have in common. */
type Handler = (args: { input: object }) => Promise<{ response: unknown; output: object }>;
/** Where a client lets others see its calls. */
export interface Stack {
  add(middleware: typeof disturbing, options: { step: "initialize"; name: string }): void;
}

/** Hands a client's call to the worker that makes it, with the faults that the worker has. */
export const disturbing =
  (next: Handler, { commandName = "" }: { commandName?: string }): Handler =>
  async (args) => {
    const worker = currentWorker();
    return worker
      ? worker.intercept(commandName, () => partly(next, args, () => worker.entriesTaken()), args.input)
      : next(args);
  };

interface BatchInput {
  RequestItems?: Record<string, unknown[]>;
  Entries?: { Id: string }[];
}

/** Sends a batch's first entries only and answers for the others as AWS does when it takes no more. */
async function partly(
  next: Handler,
  args: { input: object },
  taken: () => number | undefined,
): ReturnType<Handler> {
  const { RequestItems, Entries } = args.input as BatchInput;
  const [name, requests = []] = Object.entries(RequestItems ?? {})[0] ?? [];
  const all = name === undefined ? (Entries ?? []) : requests;
  const keep = all.length > 0 ? taken() : undefined;
  if (keep === undefined || keep >= all.length) return next(args);
  const now = all.slice(0, keep);
  const later = all.slice(keep);
  if (name !== undefined) {
    const answer =
      keep > 0 ? await next({ ...args, input: { ...args.input, RequestItems: { [name]: now } } }) : empty;
    return { ...answer, output: { ...answer.output, UnprocessedItems: { [name]: later } } };
  }
  const answer = keep > 0 ? await next({ ...args, input: { ...args.input, Entries: now } }) : empty;
  const Failed = (later as { Id: string }[]).map(({ Id }) => ({
    Id,
    Code: "InternalError",
    SenderFault: false,
  }));
  return { ...answer, output: { ...answer.output, Failed } };
}

const empty = { response: {}, output: {} };
