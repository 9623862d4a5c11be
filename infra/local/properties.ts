import { UnsupportedTemplate } from "./errors.ts";
import { isRecord, type Resolve, type Resource } from "./intrinsics.ts";

/** Typed reading of one resource's properties, resolved when asked for; a wrong type throws UnsupportedTemplate. */
export class Properties {
  readonly logicalId: string;
  readonly #values: Record<string, unknown>;
  readonly #resolve: Resolve;

  constructor(logicalId: string, values: Record<string, unknown>, resolve: Resolve) {
    this.logicalId = logicalId;
    this.#values = values;
    this.#resolve = resolve;
  }

  static of(logicalId: string, resource: Resource, resolve: Resolve): Properties {
    return new Properties(logicalId, resource.Properties ?? {}, resolve);
  }

  value(name: string): unknown {
    const value = this.#values[name];
    return value === undefined ? undefined : this.#resolve(value);
  }

  text(name: string, fallback?: string): string {
    const value = this.value(name) ?? fallback;
    if (typeof value !== "string") throw this.#wrong(name, "a text");
    return value;
  }

  /** CloudFormation takes numbers as text as well. */
  number(name: string, fallback: number): number {
    const value = Number(this.value(name) ?? fallback);
    if (!Number.isFinite(value)) throw this.#wrong(name, "a number");
    return value;
  }

  optionalNumber(name: string): number | undefined {
    return this.value(name) === undefined ? undefined : this.number(name, 0);
  }

  list(name: string): unknown[] {
    const value = this.value(name) ?? [];
    if (!Array.isArray(value)) throw this.#wrong(name, "a list");
    return value;
  }

  /** A nested object; an empty one where it is absent. */
  object(name: string): Properties {
    const value = this.#values[name] ?? {};
    if (!isRecord(value)) throw this.#wrong(name, "an object");
    return new Properties(`${this.logicalId}.${name}`, value, this.#resolve);
  }

  /** Refuses what is not one of the values that the local runtime can honour. */
  expect(name: string, allowed: unknown[], fallback?: unknown): void {
    const value = this.value(name) ?? fallback;
    if (!allowed.includes(value)) {
      throw this.#wrong(name, allowed.map((each) => JSON.stringify(each)).join(" or "));
    }
  }

  #wrong(name: string, expected: string): UnsupportedTemplate {
    return new UnsupportedTemplate(this.logicalId, `${name} must be ${expected} for the local runtime`);
  }
}
