// Error types as SQS names them, with the HTTP status and the code of the older query protocol, which the
// SDK puts before the type when it reads an answer. Source: the service model of Amazon SQS.
const ERRORS = {
  BatchEntryIdsNotDistinct: { status: 400, queryCode: "AWS.SimpleQueueService.BatchEntryIdsNotDistinct" },
  BatchRequestTooLong: { status: 400, queryCode: "AWS.SimpleQueueService.BatchRequestTooLong" },
  EmptyBatchRequest: { status: 400, queryCode: "AWS.SimpleQueueService.EmptyBatchRequest" },
  InternalFailure: { status: 500, queryCode: "InternalFailure" },
  InvalidAttributeName: { status: 400, queryCode: "InvalidAttributeName" },
  InvalidBatchEntryId: { status: 400, queryCode: "AWS.SimpleQueueService.InvalidBatchEntryId" },
  InvalidMessageContents: { status: 400, queryCode: "InvalidMessageContents" },
  InvalidParameterValue: { status: 400, queryCode: "InvalidParameterValue" },
  MessageNotInflight: { status: 400, queryCode: "AWS.SimpleQueueService.MessageNotInflight" },
  MissingParameter: { status: 400, queryCode: "MissingParameter" },
  QueueDoesNotExist: { status: 400, queryCode: "AWS.SimpleQueueService.NonExistentQueue" },
  ReceiptHandleIsInvalid: { status: 404, queryCode: "ReceiptHandleIsInvalid" },
  RequestEntityTooLarge: { status: 413, queryCode: "RequestEntityTooLarge" },
  SerializationException: { status: 400, queryCode: "SerializationException" },
  ServiceUnavailable: { status: 503, queryCode: "ServiceUnavailable" },
  TooManyEntriesInBatchRequest: {
    status: 400,
    queryCode: "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
  },
  UnknownOperationException: { status: 400, queryCode: "UnknownOperationException" },
  UnsupportedOperation: { status: 400, queryCode: "AWS.SimpleQueueService.UnsupportedOperation" },
} as const;

export type QueueErrorCode = keyof typeof ERRORS;

/** A refusal that its sender sees. Its message never holds message bodies or attribute values. */
export class QueueError extends Error {
  readonly code: QueueErrorCode;

  constructor(code: QueueErrorCode, message: string) {
    super(message);
    this.name = "QueueError";
    this.code = code;
  }

  get status(): number {
    return ERRORS[this.code].status;
  }

  /** Value of the header `x-amzn-query-error`: `code;Sender` or `code;Receiver`. */
  get queryError(): string {
    return `${ERRORS[this.code].queryCode};${this.isSenderFault ? "Sender" : "Receiver"}`;
  }

  get isSenderFault(): boolean {
    return ERRORS[this.code].status < 500;
  }
}
