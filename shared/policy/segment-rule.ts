import { registrableDomain } from "../touchpoint/registrable-domain.ts";
import { traitsSchema } from "../touchpoint/touch.ts";

/** What a rule can ask about: the traits, and the company domain of the person's address. */
export const segmentFields = [...Object.keys(traitsSchema.shape), "domain"] as readonly string[];

/** Operations on one field, by what stands behind them. */
const operations: Record<string, "text" | "list" | "boolean" | "operations"> = {
  $eq: "text",
  $ne: "text",
  $gt: "text",
  $gte: "text",
  $lt: "text",
  $lte: "text",
  $contains: "text",
  $startsWith: "text",
  $in: "list",
  $nin: "list",
  $exists: "boolean",
  $not: "operations",
};

/** Operations on rules. */
const combinations = ["$and", "$or", "$nor"];

/** On the field `domain` these ask for a whole one. */
const wholeDomain = new Set(["$eq", "$ne", "$in", "$nin"]);

const deepest = 5;
const mostConditions = 200;
const longestList = 1_000;
const longestText = 300;

/** Something wrong with a rule: where in it, and why. */
export interface RuleIssue {
  path: (string | number)[];
  detail: string;
}

/**
 * What is wrong with a rule; empty for a good one. A rule is an object of conditions that must all hold: a field with a text, which
 * it must equal, or with operations; or `$and`, `$or`, `$nor` with a list of rules.
 */
export function ruleIssues(rule: unknown): RuleIssue[] {
  const check = new RuleCheck();
  check.rule(rule, [], 1);
  return check.issues;
}

type Path = readonly (string | number)[];

class RuleCheck {
  readonly issues: RuleIssue[] = [];
  #conditions = 0;

  rule(rule: unknown, path: Path, depth: number): void {
    const entries = this.#entries(rule, path, "a rule: an object of conditions");
    if (!entries || !this.#within(path, depth)) return;
    for (const [name, value] of entries) {
      const at = [...path, name];
      if (combinations.includes(name)) this.#combination(value, at, depth);
      else if (segmentFields.includes(name)) this.#field(name, value, at, depth);
      else
        this.#refuse(
          at,
          name.startsWith("$")
            ? `is not one of ${combinations.join(", ")}`
            : `is not one of the fields ${segmentFields.join(", ")}`,
        );
    }
  }

  #combination(rules: unknown, path: Path, depth: number): void {
    if (!Array.isArray(rules) || rules.length === 0) this.#refuse(path, "must be a list of one rule or more");
    // Beyond this nothing is looked at: each would be refused, and the list may be of any length.
    else if (rules.length > mostConditions) this.#refuse(path, `must have at most ${mostConditions} rules`);
    else for (const [index, rule] of rules.entries()) this.rule(rule, [...path, index], depth + 1);
  }

  #field(field: string, condition: unknown, path: Path, depth: number): void {
    if (typeof condition === "string") this.#operand(field, "$eq", condition, path, depth);
    else this.#operations(field, condition, path, depth);
  }

  #operations(field: string, condition: unknown, path: Path, depth: number): void {
    const entries = this.#entries(condition, path, "text or an object of operations");
    if (!entries || !this.#within(path, depth)) return;
    for (const [name, value] of entries) this.#operand(field, name, value, [...path, name], depth);
  }

  #operand(field: string, name: string, value: unknown, path: Path, depth: number): void {
    this.#conditions++;
    if (this.#conditions === mostConditions + 1)
      this.#refuse([], `must have at most ${mostConditions} conditions`);
    if (this.#conditions > mostConditions) return;
    const behind = Object.hasOwn(operations, name) ? operations[name] : undefined;
    if (behind === "text") this.#text(field, name, value, path);
    else if (behind === "list") this.#list(field, name, value, path);
    else if (behind === "operations") this.#operations(field, value, path, depth + 1);
    else if (behind === undefined) this.#refuse(path, `is not one of ${Object.keys(operations).join(", ")}`);
    else if (typeof value !== "boolean") this.#refuse(path, "must be true or false");
  }

  #list(field: string, name: string, value: unknown, path: Path): void {
    if (!Array.isArray(value) || value.length === 0) this.#refuse(path, "must be a list of one text or more");
    else if (value.length > longestList) this.#refuse(path, `must have at most ${longestList} entries`);
    else for (const [index, text] of value.entries()) this.#text(field, name, text, [...path, index]);
  }

  #text(field: string, operation: string, value: unknown, path: Path): void {
    if (typeof value !== "string") this.#refuse(path, "must be text");
    else if (value.trim() === "")
      this.#refuse(path, "must not be empty; $exists asks whether something is known");
    else if (value.length > longestText) this.#refuse(path, `must have at most ${longestText} characters`);
    else if (
      field === "domain" &&
      wholeDomain.has(operation) &&
      registrableDomain(value) !== value.trim().toLowerCase()
    )
      this.#refuse(
        path,
        registrableDomain(value)
          ? `must be a company's whole domain: ${registrableDomain(value)}`
          : "must be a domain such as acme.example",
      );
  }

  /** The entries of an object that has some. */
  #entries(value: unknown, path: Path, what: string): [string, unknown][] | undefined {
    const entries =
      typeof value === "object" && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
    if (entries.length > 0) return entries;
    this.#refuse(path, `must be ${what}`);
    return undefined;
  }

  #within(path: Path, depth: number): boolean {
    if (depth > deepest) this.#refuse(path, `must not lie deeper than ${deepest} levels`);
    return depth <= deepest;
  }

  #refuse(path: Path, detail: string): void {
    this.issues.push({ path: [...path], detail });
  }
}
