import type { AttributeValue } from "@aws-sdk/client-dynamodb";

/** An item as DynamoDB's API gives and takes it. */
export type Attributes = Record<string, AttributeValue>;

/** What the names and values of an expression stand for. */
export interface Placeholders {
  ExpressionAttributeNames?: Record<string, string> | undefined;
  ExpressionAttributeValues?: Attributes | undefined;
}

type Condition = (item: Attributes, placeholders: Placeholders) => boolean;

const parsed = new Map<string, Condition>();

/** Whether an item meets a condition of an expression; one that is not understood is an error and never met in silence. */
export function meets(item: Attributes, expression: string | undefined, placeholders: Placeholders): boolean {
  if (expression === undefined) return true;
  const condition = parsed.get(expression) ?? parse(expression);
  parsed.set(expression, condition);
  return condition(item, placeholders);
}

/** Sets and removes what an update says. */
export function updated(item: Attributes, expression: string, placeholders: Placeholders): Attributes {
  const result = { ...item };
  for (const [, action, list] of expression.matchAll(
    /(SET|REMOVE|ADD|DELETE)\s+(.*?)(?=\s+(?:SET|REMOVE|ADD|DELETE)\s|$)/g,
  )) {
    for (const part of list!.split(/\s*,\s*/)) {
      const [, name, value] = /^([#\w]+)(?:\s*=\s*(:\w+))?$/.exec(part) ?? unknown(expression);
      if (action === "SET" && value) result[nameOf(name!, placeholders)] = givenFor(value, placeholders);
      else if (action === "REMOVE" && !value) delete result[nameOf(name!, placeholders)];
      else unknown(expression);
    }
  }
  return result;
}

function unknown(expression: string): never {
  throw new Error(`the table in memory does not know the expression ${expression}`);
}

const nameOf = (name: string, { ExpressionAttributeNames: names }: Placeholders): string =>
  name.startsWith("#") ? (names?.[name] ?? unknown(name)) : name;

const givenFor = (name: string, { ExpressionAttributeValues: values }: Placeholders): AttributeValue =>
  values?.[name] ?? unknown(name);

const compared = (value: AttributeValue | undefined): string | number | undefined =>
  value?.N === undefined ? value?.S : Number(value.N);

/** `a AND b OR c`, where AND binds closer; no parentheses but those of functions. */
function parse(expression: string): Condition {
  const tokens = expression.match(/[#:\w]+|<=|>=|<>|[=<>(),]/g) ?? [];
  let position = 0;
  const next = () => tokens[position++] ?? unknown(expression);
  const expect = (token: string) => (next() === token ? undefined : unknown(expression));

  const term = (): Condition => {
    const first = next();
    if (first === "NOT") {
      const negated = term();
      return (item, placeholders) => !negated(item, placeholders);
    }
    if (tokens[position] === "(") return called(first);
    const operator = next();
    if (operator === "BETWEEN") {
      const [from, , to] = [next(), expect("AND"), next()];
      return within(first, (value, placeholders) => {
        const [low, high] = [from, to].map((name) => compared(givenFor(name, placeholders))!);
        return value >= low! && value <= high!;
      });
    }
    const wanted = next();
    return within(first, (value, placeholders) =>
      holds(value, operator, compared(givenFor(wanted, placeholders))!),
    );
  };
  const called = (name: string): Condition => {
    expect("(");
    const attribute = next();
    const argument = tokens[position] === "," ? tokens[position + 1] : undefined;
    if (argument !== undefined) position += 2;
    expect(")");
    if (name === "attribute_exists" && !argument)
      return (item, placeholders) => item[nameOf(attribute, placeholders)] !== undefined;
    if (name === "attribute_not_exists" && !argument)
      return (item, placeholders) => item[nameOf(attribute, placeholders)] === undefined;
    if (name === "begins_with" && argument)
      return within(attribute, (value, placeholders) =>
        String(value).startsWith(String(compared(givenFor(argument, placeholders)))),
      );
    return unknown(expression);
  };
  const within =
    (name: string, judge: (value: string | number, placeholders: Placeholders) => boolean): Condition =>
    (item, placeholders) => {
      const value = compared(item[nameOf(name, placeholders)]);
      return value !== undefined && judge(value, placeholders);
    };
  const holds = (value: string | number, operator: string, wanted: string | number): boolean => {
    if (operator === "=") return value === wanted;
    if (operator === "<>") return value !== wanted;
    if (operator === "<") return value < wanted;
    if (operator === "<=") return value <= wanted;
    if (operator === ">") return value > wanted;
    if (operator === ">=") return value >= wanted;
    return unknown(expression);
  };

  const alternatives: Condition[][] = [[term()]];
  while (position < tokens.length) {
    const word = next();
    if (word === "AND") alternatives.at(-1)!.push(term());
    else if (word === "OR") alternatives.push([term()]);
    else unknown(expression);
  }
  return (item, placeholders) =>
    alternatives.some((conditions) => conditions.every((condition) => condition(item, placeholders)));
}
