/** A route that matches a request. */
export interface RouteMatch<T> {
  route: T;
  /** Decoded; undefined where the route has no parameters. */
  pathParameters: Record<string, string> | undefined;
}

interface Node<T> {
  fixed: Map<string, Node<T>>;
  parameter: Node<T> | undefined;
  /** By method, for paths that end here, and for `{name+}` that begins here. */
  routes: Map<string, { route: T; names: string[] }>;
  greedy: Map<string, { route: T; names: string[] }>;
}

const newNode = <T>(): Node<T> => ({
  fixed: new Map(),
  parameter: undefined,
  routes: new Map(),
  greedy: new Map(),
});

/**
 * The routes of an HTTP API, matched as API Gateway does: a fixed segment before `{parameter}`, both before
 * `{parameter+}`, a method before ANY, and `$default` last. Paths match exactly, with the case and the slash at the end
 * that they have.
 *
 * @param routes with keys such as `GET /v1/contacts/{id}`
 * @returns a matcher of method and path; the path is as received, still encoded
 */
export function routeTable<T extends { routeKey: string }>(
  routes: readonly T[],
): (method: string, path: string) => RouteMatch<T> | undefined {
  const root = newNode<T>();
  const fallback = routes.find(({ routeKey }) => routeKey === "$default");
  for (const route of routes) if (route !== fallback) insert(root, route);
  return (method, path) => {
    const found = find(root, method, path.split("/").slice(1), 0, []);
    return found ?? (fallback && { route: fallback, pathParameters: undefined });
  };
}

function insert<T extends { routeKey: string }>(root: Node<T>, route: T): void {
  const [method = "", path = ""] = route.routeKey.split(" ");
  const names: string[] = [];
  let node = root;
  for (const segment of path.split("/").slice(1)) {
    const name = /^\{(.+?)(\+?)\}$/.exec(segment);
    if (name?.[2]) {
      names.push(name[1]!);
      node.greedy.set(method, { route, names });
      return;
    }
    if (name) {
      names.push(name[1]!);
      node.parameter ??= newNode();
      node = node.parameter;
    } else {
      const next = node.fixed.get(segment) ?? newNode<T>();
      node.fixed.set(segment, next);
      node = next;
    }
  }
  node.routes.set(method, { route, names });
}

function find<T>(
  node: Node<T>,
  method: string,
  segments: string[],
  index: number,
  values: string[],
): RouteMatch<T> | undefined {
  const segment = segments[index];
  if (segment === undefined) return matched(node.routes, method, values);
  const fixed = node.fixed.get(segment);
  const byFixed = fixed && find(fixed, method, segments, index + 1, values);
  if (byFixed || segment === "") return byFixed;
  const byParameter =
    node.parameter && find(node.parameter, method, segments, index + 1, [...values, segment]);
  return byParameter ?? matched(node.greedy, method, [...values, segments.slice(index).join("/")]);
}

function matched<T>(
  routes: Map<string, { route: T; names: string[] }>,
  method: string,
  values: string[],
): RouteMatch<T> | undefined {
  const found = routes.get(method) ?? routes.get("ANY");
  if (!found) return undefined;
  const { route, names } = found;
  if (names.length === 0) return { route, pathParameters: undefined };
  return {
    route,
    pathParameters: Object.fromEntries(names.map((name, i) => [name, decoded(values[i] ?? "")])),
  };
}

/** A path segment without its percent-encoding; as it is where that is malformed. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
