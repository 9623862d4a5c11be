export const credentials = { accessKeyId: "local", secretAccessKey: "local-secret" };

export const buckets = [
  { name: "plain", versioned: false },
  { name: "kept", versioned: true },
];
