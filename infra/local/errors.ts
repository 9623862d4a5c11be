/** The runtime cannot start, for a reason its user can act on; the message is one line without a stack. */
export class StartRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = "StartRefused";
  }
}

/** The template asks for something the local runtime would have to honour and does not know. */
export class UnsupportedTemplate extends Error {
  constructor(resource: string, problem: string) {
    super(`${resource}: ${problem}`);
    this.name = "UnsupportedTemplate";
  }
}

/** An invocation that ended without an answer: thrown by the handler, timed out, or its instance died. */
export class InvocationFailed extends Error {
  readonly functionName: string;
  readonly errorType: string;
  constructor(functionName: string, failure: InvocationFailure) {
    super(`${functionName} failed: ${failure.errorType}: ${failure.errorMessage}`);
    this.name = "InvocationFailed";
    this.functionName = functionName;
    this.errorType = failure.errorType;
  }
}

/** What Lambda answers for a failed invocation. The message may quote the function's input: it is for its caller and the log file. */
export interface InvocationFailure {
  errorType: string;
  errorMessage: string;
}

/** The code of a system or SDK error (`ECONNREFUSED`), else its name; never its message, which may quote data. */
export function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return "Error";
  return "code" in error && typeof error.code === "string" ? error.code : error.name;
}
