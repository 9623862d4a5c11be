import { escapeHtml } from "../http/html.ts";
import { routeKey, routes } from "../http/routes.ts";

/** `GET /`: where to begin, for a person who opened the API in a browser. */
export function welcomePage(publicUrl: string): string {
  const list = (wanted: (access: (typeof routes)[number]["access"]) => boolean): string =>
    routes
      .filter((route) => route.method !== "OPTIONS" && route.method !== "HEAD" && wanted(route.access))
      .map((route) => `<li><code>${escapeHtml(routeKey(route))}</code></li>`)
      .join("");
  const url = escapeHtml(publicUrl);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Touchline</title>
<style>
body{font:1rem/1.55 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}
pre{padding:.8rem;overflow-x:auto;background:color-mix(in srgb,currentColor 8%,transparent);border-radius:.4rem}
code{font-size:.92em}ul{padding-left:1.2rem}
</style>
<main>
<h1>Touchline</h1>
<p>Every marketing touchpoint of every contact, and each night the leads that follow from them, with the proof.</p>
<h2>Where to begin</h2>
<ol>
<li>Send something. A website form posts to <code>${url}/v1/forms/contact?writeKey=…</code>; a program posts touches:
<pre>curl ${url}/v1/touchpoints -H 'Authorization: Bearer &lt;write key&gt;' \\
  -H 'Content-Type: application/json' \\
  -d '{"channel": "form", "identifiers": {"email": "pat@example.com"}, "campaign": {"name": "Spring sale"}}'</pre></li>
<li>Look at the contact:
<pre>curl '${url}/v1/contacts?email=pat@example.com' -H 'Authorization: Bearer &lt;API key&gt;'</pre></li>
<li>Run the night, and fetch what sales gets:
<pre>curl -X POST ${url}/v1/exports -H 'Authorization: Bearer &lt;admin key&gt;'
curl ${url}/v1/exports -H 'Authorization: Bearer &lt;API key&gt;'</pre></li>
</ol>
<p>The whole API is described in <a href="/openapi.json">openapi.json</a>; <a href="/healthz">healthz</a> says whether it is alive.</p>
<h2>Send, with a write key</h2><ul>${list((access) => access === "write-key")}</ul>
<h2>Ask, with an API key</h2><ul>${list((access) => typeof access === "object")}</ul>
</main>
</html>
`;
}
