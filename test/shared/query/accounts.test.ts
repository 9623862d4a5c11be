import { describe, expect, test } from "vitest";
import { accountDomain } from "../../../shared/query/accounts.ts";

describe("a company asked for", () => {
  test.each([
    ["acme.example", "acme.example"],
    ["WWW.Acme.example", "acme.example"],
    ["eu.acme.co.uk", "acme.co.uk"],
    ["bücher.example", "xn--bcher-kva.example"],
  ])("by %s is %s", (asked, domain) => {
    expect(accountDomain(asked)).toBe(domain);
  });

  test.each([
    ["ada@acme.example", 400, "invalid_domain"],
    ["https://acme.example/", 400, "invalid_domain"],
    ["acme.example:443", 400, "invalid_domain"],
    ["printer", 400, "invalid_domain"],
    ["", 400, "invalid_domain"],
    ["192.0.2.1", 400, "invalid_domain"],
    ["gmail.com", 404, "no_account"],
    ["eu.hotmail.co.uk", 404, "no_account"],
  ])("by %j is answered with %i %s, which does not repeat what was asked", (asked, status, code) => {
    expect.assertions(2);
    try {
      accountDomain(asked);
    } catch (error) {
      expect(error).toMatchObject({ members: { status, code, field: "domain" } });
      if (asked) expect(JSON.stringify(error)).not.toContain(asked);
      else expect(status).toBe(400);
    }
  });
});
