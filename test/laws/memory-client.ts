import { disturbing } from "./disturbing.ts";
import { currentWorker } from "./worker.ts";

/** What can be sent: one of the SDK's commands. */
interface Command {
  constructor: { name: string };
  input: object;
}

/**
 * Stands for a client of the SDK: its calls are answered in memory, and pass the worker that makes them, with its faults, as
 * those of a real client do. Each takes effect at once, and is heard of later.
 * @param Client the class to be taken for; none is made
 */
export function clientInMemory<Client extends object>(
  Client: { prototype: Client },
  answer: (commandName: string, input: object) => object,
): Client {
  const send = async (command: Command): Promise<object> => {
    const commandName = command.constructor.name;
    if (!currentWorker()) return answer(commandName, command.input);
    const handle = disturbing(async ({ input }) => ({ response: {}, output: answer(commandName, input) }), {
      commandName,
    });
    return (await handle({ input: command.input })).output;
  };
  return Object.assign(Object.create(Client.prototype) as Client, { send, destroy: () => {} });
}
