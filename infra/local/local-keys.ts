/** The keys of a local run. They are the same everywhere, so a local run is reachable on loopback only. */
export const localKeys = [
  { key: "local-write-key", kind: "server", use: "write key of a server: any touch" },
  { key: "local-form-key", kind: "public", use: "write key for web pages: forms and page views" },
  { key: "local-admin-key", kind: "admin", use: "API key: everything" },
  { key: "local-read-key", kind: "read", use: "API key: marketing, reading and links" },
  { key: "local-sales-key", kind: "sales", use: "API key: sales, leads, policy and feedback" },
] as const;
