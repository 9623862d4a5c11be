import { escapeHtml } from "../http/html.ts";

const style = `:root{color-scheme:light dark}
body{margin:0;min-height:100vh;display:grid;place-items:center;background:#f6f7f9;color:#1b1f24;
font:1.125rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{box-sizing:border-box;width:100%;max-width:34rem;padding:2rem 1.25rem;overflow-wrap:anywhere}
h1{margin:0 0 .5rem;font-size:1.75rem;line-height:1.25}
p{margin:.75rem 0}
a{display:inline-block;padding:.5rem 0;color:#0b57b7}
a:focus-visible{outline:3px solid;outline-offset:3px}
@media (prefers-color-scheme:dark){body{background:#14171b;color:#eceff3}a{color:#8ab8ff}}`;

const page = (title: string, content: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="referrer" content="no-referrer">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
${content}
</main>
</body>
</html>
`;

/** The page that a visitor sees after a form whose owner named no page of his own. */
export const thankYouPage = (): string =>
  page(
    "Thank you",
    `<h1 role="status">Thank you</h1>
<p>We have received what you sent.</p>
<p>You can close this page.</p>`,
  );

const isWebAddress = (address: string): boolean => {
  const url = URL.parse(address);
  return url?.protocol === "https:" || url?.protocol === "http:";
};

/**
 * The page that a visitor sees where his form could not be taken. All text is escaped.
 * @param problem `back` is the address of the form; anything but an absolute http(s) address is left out
 */
export function formErrorPage(problem: { title: string; detail: string; back?: string }): string {
  const { title, detail, back } = problem;
  const link =
    back !== undefined && isWebAddress(back)
      ? `\n<p><a href="${escapeHtml(back)}">Back to the form</a></p>`
      : "";
  return page(title, `<h1 role="alert">${escapeHtml(title)}</h1>\n<p>${escapeHtml(detail)}</p>${link}`);
}
