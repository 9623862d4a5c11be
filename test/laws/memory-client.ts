import { disturbing } from "./disturbing.ts";

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
  const send = (command: Command): Promise<object> => {
    const commandName = command.constructor.name;
    const handle = disturbing(
      async ({ input }) => ({ response: {}, output: { $metadata: {}, ...answer(commandName, input) } }),
      { commandName },
    );
    return handle({ input: command.input }).then(({ output }) => output);
  };
  return Object.assign(Object.create(Client.prototype) as Client, { send, destroy: () => {} });
}
