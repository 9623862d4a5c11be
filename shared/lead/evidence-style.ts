/** The evidence page's style: one column for a phone, contrast of WCAG AA in light and dark. */
export const evidenceStyle = `
:root { color-scheme: light dark; --ink: #1a1d21; --quiet: #5a626b; --paper: #fff; --card: #f3f5f7; --line: #c9d0d6; --accent: #0b5fa5; --alert: #fff3d6; }
@media (prefers-color-scheme: dark) { :root { --ink: #eceff2; --quiet: #a9b2bb; --paper: #14171a; --card: #1f2429; --line: #3b434b; --accent: #7db9ef; --alert: #3d3210; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
main, footer { max-width: 40rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0; }
h2 { font-size: 1.05rem; margin: 1.75rem 0 .5rem; }
p, ul { margin: .35rem 0; }
ul { padding-left: 1.2rem; }
a, summary { color: var(--accent); }
.ways a { display: inline-block; padding: .5rem .9rem; margin: .25rem .4rem 0 0; border: 1px solid currentColor; border-radius: .5rem; text-decoration: none; }
summary { padding: .5rem 0; cursor: pointer; }
a:focus-visible, summary:focus-visible { outline: 3px solid currentColor; outline-offset: 2px; }
.why, .warning, blockquote { background: var(--card); border-radius: .5rem; padding: .7rem .9rem; margin: 1rem 0 0; }
.why p:first-child { font-size: 1.15rem; margin: 0; }
.warning { background: var(--alert); }
.warning h2 { margin: 0; }
blockquote { margin: 0; white-space: pre-line; }
.quiet, footer, time, dt { color: var(--quiet); }
footer, .timeline time, .timeline span { font-size: .9rem; }
.timeline { list-style: none; margin: .5rem 0 0 .4rem; padding: 0; border-left: 2px solid var(--line); }
.timeline li { position: relative; padding: 0 0 .6rem 1.1rem; }
.timeline li::before { content: ""; position: absolute; left: -.4rem; top: .45rem; width: .7rem; height: .7rem; border-radius: 50%; background: var(--accent); }
details .timeline li::before { background: var(--line); }
li span { display: block; }
.timeline span { color: var(--quiet); }
li a { display: inline-block; padding: .15rem 0; }
dl { margin: 0; }
dl div { display: flex; gap: .75rem; padding: .25rem 0; border-bottom: 1px solid var(--line); }
dt { flex: 0 0 9.5rem; }
dd { margin: 0; }
`;
