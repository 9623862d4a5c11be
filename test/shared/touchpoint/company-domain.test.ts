import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { accountsOf, companyDomain, companyDomainOf } from "../../../shared/touchpoint/company-domain.ts";
import { registrableDomain } from "../../../shared/touchpoint/registrable-domain.ts";

describe("the account of an address", () => {
  test.each([
    ["ada@acme.example", "acme.example"],
    ["ada@eu.sales.acme.example", "acme.example"],
    ["ada@acme.co.uk", "acme.co.uk"],
    ["ada@mail.acme.com.au", "acme.com.au"],
    // Each name below a suffix that a private party hands out has an owner of its own.
    ["ada@acme.uk.com", "acme.uk.com"],
    // A project whose own domain hands names out has people too.
    ["ada@freedesktop.org", "freedesktop.org"],
    ["ada@xn--bcher-kva.example", "xn--bcher-kva.example"],
    ["info@acme.example", "acme.example"],
    ["ada@siemens.com", "siemens.com"],
    ["ada@bt.com", "bt.com"],
    ["ada@gmailing.example", "gmailing.example"],
  ])("%s: %s", (email, domain) => {
    expect(companyDomain(email)).toBe(domain);
  });

  test.each([
    "pat@gmail.com",
    "pat@googlemail.com",
    "pat@hotmail.co.uk",
    "pat@hotmail.ch",
    "pat@live.fr",
    "pat@yahoo.co.jp",
    "pat@web.de",
    "pat@t-online.de",
    "pat@gmx.ch",
    "pat@posteo.de",
    "pat@proton.me",
    "pat@fastmail.com",
    "pat@bluewin.ch",
    "pat@qq.com",
    "x1@mailinator.com",
    "x1@privaterelay.appleid.com",
    "x1@below.privaterelay.appleid.com",
    "pat@eu.gmail.com",
    // Reserved for documentation, and what people type who have no wish to say.
    "test@example.com",
    "pat@co.uk",
    "pat@192.168.0.1",
  ])("%s has none", (email) => {
    expect(companyDomain(email)).toBeUndefined();
  });

  test("is the same however far below the domain a host lies", () => {
    const label = fc.stringMatching(/^[a-z0-9]{1,10}$/);
    const domain = fc.constantFrom("acme.example", "acme.co.uk", "acme.uk.com", "siemens.com", "gmail.com");
    fc.assert(
      fc.property(fc.array(label, { maxLength: 4 }), domain, (labels, registered) => {
        const host = [...labels, registered].join(".");
        expect(registrableDomain(host)).toBe(registered);
        expect(companyDomainOf(host)).toBe(companyDomainOf(registered));
      }),
      { numRuns: 200 },
    );
  });
});

test("a contact's accounts come in the order of its addresses, each once", () => {
  expect(accountsOf(["pat@gmail.com", "pat@new.example", "p@eu.old.example", "pat@old.example"])).toEqual([
    "new.example",
    "old.example",
  ]);
});
