import {
  type AttributeValue,
  type BatchWriteItemCommandInput,
  ConditionalCheckFailedException,
  type DeleteItemCommandInput,
  DynamoDBClient,
  DynamoDBServiceException,
  type GetItemCommandInput,
  type PutItemCommandInput,
  type QueryCommandInput,
  type ScanCommandInput,
  type UpdateItemCommandInput,
} from "@aws-sdk/client-dynamodb";
import { clientInMemory } from "./memory-client.ts";
import { type Attributes, meets, type Placeholders, updated } from "./memory-expression.ts";

/** One partition: its items by sort key, and these sorted, where they were since the last new one. */
interface Partition {
  items: Map<string, Attributes>;
  order: string[] | undefined;
}

/**
 * A table in memory that answers a client's calls as DynamoDB does, as far as this product asks: for laws that hold over so
 * many histories that no server could. It reports no capacity and does not make anybody wait.
 */
export class MemoryTable {
  /** Items in a page of an answer, at most: few, so that whoever forgets to read on is found. */
  readonly #pageSize: number;
  readonly #partitions = new Map<string, Partition>();

  constructor(pageSize = 4) {
    this.#pageSize = pageSize;
  }

  /** Another table with the same items, which goes its own way from here. */
  copy(): MemoryTable {
    const copy = new MemoryTable(this.#pageSize);
    for (const [pk, { items, order }] of this.#partitions)
      copy.#partitions.set(pk, { items: new Map(items), order });
    return copy;
  }

  /** What stands for the SDK's client. */
  client(): DynamoDBClient {
    return clientInMemory(DynamoDBClient, (name, input) => this.#answer(name, input));
  }

  /** Every item, in order of the keys. */
  all(): Attributes[] {
    return [...this.#partitions.keys()].sort().flatMap((pk) => {
      const partition = this.#partitions.get(pk)!;
      return orderOf(partition).map((sk) => partition.items.get(sk)!);
    });
  }

  #answer(name: string, input: object): object {
    switch (name) {
      case "GetItemCommand":
        return this.#get(input as GetItemCommandInput);
      case "PutItemCommand":
        return this.#put(input as PutItemCommandInput);
      case "UpdateItemCommand":
        return this.#update(input as UpdateItemCommandInput);
      case "DeleteItemCommand":
        return this.#delete(input as DeleteItemCommandInput);
      case "BatchWriteItemCommand":
        return this.#batchWrite(input as BatchWriteItemCommandInput);
      case "QueryCommand":
        return this.#query(input as QueryCommandInput);
      case "ScanCommand":
        return this.#page(this.all(), input as ScanCommandInput);
      default:
        throw new Error(`the table in memory has no ${name}`);
    }
  }

  #read(key: Attributes | undefined): Attributes | undefined {
    const { pk, sk } = keyOf(key);
    return this.#partitions.get(pk)?.items.get(sk);
  }

  #write(item: Attributes): void {
    const { pk, sk } = keyOf(item);
    const partition = this.#partitions.get(pk) ?? { items: new Map<string, Attributes>(), order: undefined };
    this.#partitions.set(pk, partition);
    if (!partition.items.has(sk)) partition.order = undefined;
    partition.items.set(sk, item);
  }

  #remove(key: Attributes | undefined): void {
    const { pk, sk } = keyOf(key);
    const partition = this.#partitions.get(pk);
    if (!partition?.items.delete(sk)) return;
    partition.order = undefined;
    if (partition.items.size === 0) this.#partitions.delete(pk);
  }

  #check(
    key: Attributes | undefined,
    input: Placeholders & { ConditionExpression?: string | undefined },
  ): void {
    if (meets(this.#read(key) ?? {}, input.ConditionExpression, input)) return;
    throw new ConditionalCheckFailedException({
      $metadata: { httpStatusCode: 400 },
      message: "The conditional request failed",
    });
  }

  #get({ Key, ProjectionExpression, ExpressionAttributeNames }: GetItemCommandInput): object {
    const item = this.#read(Key);
    return item ? { Item: projected(item, ProjectionExpression, ExpressionAttributeNames) } : {};
  }

  #put(input: PutItemCommandInput): object {
    this.#check(input.Item, input);
    this.#write({ ...input.Item });
    return {};
  }

  #update(input: UpdateItemCommandInput): object {
    this.#check(input.Key, input);
    this.#write(updated({ ...input.Key, ...this.#read(input.Key) }, input.UpdateExpression ?? "", input));
    return {};
  }

  #delete(input: DeleteItemCommandInput): object {
    this.#check(input.Key, input);
    this.#remove(input.Key);
    return {};
  }

  #batchWrite({ RequestItems }: BatchWriteItemCommandInput): object {
    const requests = Object.values(RequestItems ?? {}).flat();
    const keys = requests.map(({ PutRequest, DeleteRequest }) => {
      const { pk, sk } = keyOf(PutRequest?.Item ?? DeleteRequest?.Key);
      return `${pk}\n${sk}`;
    });
    if (requests.length === 0 || requests.length > 25) throw invalid("a batch has 1 to 25 requests");
    if (new Set(keys).size < keys.length) throw invalid("Provided list of item keys contains duplicates");
    for (const { PutRequest, DeleteRequest } of requests) {
      if (PutRequest) this.#write({ ...PutRequest.Item });
      else this.#remove(DeleteRequest?.Key);
    }
    return { UnprocessedItems: {} };
  }

  #query(input: QueryCommandInput): object {
    const { IndexName, KeyConditionExpression = "", ExclusiveStartKey: after } = input;
    if (IndexName !== undefined && input.ConsistentRead)
      throw invalid("Consistent reads are not supported on global secondary indexes");
    const { partition, range, bounds } = conditionOf(KeyConditionExpression);
    const wanted = input.ExpressionAttributeValues?.[partition]?.S;
    if (wanted === undefined) throw new Error(`the table in memory cannot query ${KeyConditionExpression}`);
    if (bounds) refuseReversed(bounds, input);
    if (input.FilterExpression !== undefined) refuseFilterOfKeys(input);
    if (after && !meets(after, range, input))
      throw invalid("The provided starting key is outside of the range");
    const items = IndexName === undefined ? this.#ofPartition(wanted) : this.#ofIndex(wanted);
    const within = range === undefined ? items : items.filter((item) => meets(item, range, input));
    if (input.ScanIndexForward === false) within.reverse();
    return this.#page(within, input);
  }

  #ofPartition(pk: string): Attributes[] {
    const partition = this.#partitions.get(pk);
    return partition ? orderOf(partition).map((sk) => partition.items.get(sk)!) : [];
  }

  #ofIndex(gsi1pk: string): Attributes[] {
    return this.all()
      .filter((item) => item.gsi1pk?.S === gsi1pk && item.gsi1sk?.S !== undefined)
      .sort((a, b) => (placeOf(a, indexKeys) < placeOf(b, indexKeys) ? -1 : 1));
  }

  /** Of items in the order in which they are asked for: those behind the key to start from, as many as a page holds. */
  #page(items: readonly Attributes[], input: QueryCommandInput | ScanCommandInput): object {
    const { ExclusiveStartKey: after, Limit = Number.POSITIVE_INFINITY } = input;
    const size = Math.min(Limit, this.#pageSize);
    const backward = "ScanIndexForward" in input && input.ScanIndexForward === false;
    const keys = "IndexName" in input && input.IndexName !== undefined ? indexKeys : tableKeys;
    const start = after && placeOf(after, keys);
    const isBehind = (item: Attributes) =>
      backward ? placeOf(item, keys) < start! : placeOf(item, keys) > start!;
    const rest = start === undefined ? items : items.filter(isBehind);
    const page = rest.slice(0, size);
    // Who asks for so many is told that there may be more, as by DynamoDB, also where there is not.
    const isCut = rest.length > page.length || (page.length > 0 && page.length === Limit);
    const shown = page.filter((item) => meets(item, input.FilterExpression, input));
    return {
      Count: shown.length,
      ...(input.Select !== "COUNT" && {
        Items: shown.map((item) =>
          projected(item, input.ProjectionExpression, input.ExpressionAttributeNames),
        ),
      }),
      ...(isCut && { LastEvaluatedKey: picked(page.at(-1)!, keys) }),
    };
  }
}

const tableKeys = ["pk", "sk"];
const indexKeys = ["gsi1pk", "gsi1sk", "pk", "sk"];

/** Where an item stands among those of one query. */
const placeOf = (item: Attributes, keys: readonly string[]): string =>
  keys.map((name) => item[name]?.S ?? "").join("\n");

function orderOf(partition: Partition): string[] {
  partition.order ??= [...partition.items.keys()].sort();
  return partition.order;
}

function keyOf(attributes: Attributes | undefined): { pk: string; sk: string } {
  const [pk, sk] = [attributes?.pk?.S, attributes?.sk?.S];
  if (!pk || !sk) throw invalid("One or more parameter values were invalid: a key is missing or empty");
  return { pk, sk };
}

const picked = (item: Attributes, names: readonly string[]): Attributes =>
  Object.fromEntries(
    names.flatMap((name): [string, AttributeValue][] => (item[name] ? [[name, item[name]]] : [])),
  );

const projected = (
  item: Attributes,
  expression: string | undefined,
  names: Record<string, string> = {},
): Attributes =>
  expression === undefined
    ? { ...item }
    : picked(
        item,
        expression.split(/\s*,\s*/).map((name) => names[name] ?? name),
      );

/** A query's condition: the placeholder of its partition, and what is asked of the sort key, where it is between two the bounds too. */
interface KeyCondition {
  partition: string;
  range: string | undefined;
  bounds: [from: string, to: string] | undefined;
}

const keyConditions = new Map<string, KeyCondition>();

function conditionOf(expression: string): KeyCondition {
  const known = keyConditions.get(expression);
  if (known) return known;
  const [, partition, range] = /^#?\w+ = (:\w+)(?: AND (.+))?$/s.exec(expression) ?? [];
  if (partition === undefined) throw new Error(`the table in memory cannot query ${expression}`);
  const [, from, to] = /BETWEEN (:\w+) AND (:\w+)/.exec(range ?? "") ?? [];
  const bounds: KeyCondition["bounds"] = from && to ? [from, to] : undefined;
  const condition = { partition, range, bounds };
  keyConditions.set(expression, condition);
  return condition;
}

/** DynamoDB refuses a range that ends before it begins. */
function refuseReversed(
  [from, to]: [string, string],
  { ExpressionAttributeValues: values }: Placeholders,
): void {
  if (values![from]!.S! > values![to]!.S!)
    throw invalid("The BETWEEN operator requires upper bound to be greater than or equal to lower bound");
}

/** Nor does it take a filter over what a query's key condition is for. */
function refuseFilterOfKeys({
  FilterExpression = "",
  ExpressionAttributeNames: names,
}: QueryCommandInput): void {
  const filtered = FilterExpression.match(/#?\b\w+/g)?.map((name) => names?.[name] ?? name);
  if (filtered?.some((name) => tableKeys.includes(name)))
    throw invalid("Filter Expression can only contain non-primary key attributes");
}

const invalid = (message: string): DynamoDBServiceException =>
  new DynamoDBServiceException({
    name: "ValidationException",
    $fault: "client",
    $metadata: { httpStatusCode: 400 },
    message,
  });
