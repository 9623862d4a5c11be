import { describe, expect, test } from "vitest";
import { formErrorPage, thankYouPage } from "../../../shared/request/form-page.ts";

const pages = [
  thankYouPage(),
  formErrorPage({ title: "Not sent", detail: "No e-mail", back: "https://example.com/" }),
];

test.each(pages)("a page stands on its own and runs nothing", (page) => {
  expect(page).toMatch(/^<!doctype html>\n<html lang="en">/);
  expect(page).toContain('name="viewport"');
  expect(page).toContain("prefers-color-scheme:dark");
  expect(page).toContain("default-src 'none'");
  expect(page).not.toMatch(/<script|\son\w+=|<link|src=|@import|url\(/i);
});

describe("the error page", () => {
  test("shows what a stranger sent as text", () => {
    const attack = `"><script>alert('1')</script>&`;
    const page = formErrorPage({ title: attack, detail: attack, back: `https://example.com/"><script>` });
    expect(page).not.toContain("<script");
    expect(page).not.toContain(`/">`);
    expect(page).toContain("&#60;script&#62;alert(&#39;1&#39;)");
  });

  test.each(["javascript:alert(1)", "data:text/html,x", "/relative", "", "https://"])(
    "does not link to %s",
    (back) => {
      expect(formErrorPage({ title: "t", detail: "d", back })).not.toContain("<a ");
    },
  );

  test("links back to the form", () => {
    const page = formErrorPage({ title: "t", detail: "d", back: "https://example.com/f?a=1&b=2" });
    expect(page).toContain('<a href="https://example.com/f?a=1&#38;b=2">Back to the form</a>');
  });
});
