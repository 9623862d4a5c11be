/**
 * A refusal as S3 words it. `code` and `status` are those of the S3 API reference ("Error Responses"); the SDK
 * turns `code` into the name of the exception that the product sees. The message never contains a key.
 */
export class S3Error extends Error {
  readonly code: string;
  readonly status: number;
  readonly headers: Record<string, string>;

  constructor(status: number, code: string, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.name = code;
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

/** 501: the request asks for something that this server does not do, so it does none of it. */
export function notImplemented(what: string): S3Error {
  return new S3Error(501, "NotImplemented", `This server does not implement ${what}`);
}

/** 404: no object has this key now. `headers` tell a deleted object from one that never was. */
export function noSuchKey(headers: Record<string, string> = {}): S3Error {
  return new S3Error(404, "NoSuchKey", "The specified key does not exist.", headers);
}

/** 412: a condition of the request's headers does not hold. */
export function preconditionFailed(): S3Error {
  return new S3Error(
    412,
    "PreconditionFailed",
    "At least one of the pre-conditions you specified did not hold",
  );
}

/** 400: an argument has a value that it cannot have. */
export function invalidArgument(message: string): S3Error {
  return new S3Error(400, "InvalidArgument", message);
}
