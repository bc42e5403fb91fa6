/**
 * Something that the server needs does not work at the moment, and only its operator can fix that. `message` is for the
 * operator.
 */
export abstract class Unavailable extends Error {
  /** The code for clients. It is not called `code`, because Prisma replaces errors that have one. */
  abstract readonly clientCode: string

  /** The message for clients, without paths, hosts or settings. */
  readonly clientMessage: string

  constructor(
    clientMessage: string,
    { message = clientMessage, cause }: { message?: string; cause?: unknown } = {},
  ) {
    super(message, { cause })
    this.clientMessage = clientMessage
  }

  /** The message for an operator who sees no log, with the reason given by the system. */
  get explanation(): string {
    const reason = reasonOf(this.cause)
    return reason === '' || this.message.includes(reason)
      ? this.message
      : `${this.message} The reason: ${reason}`
  }
}

/** Several addresses of one host may fail each for its own reason; that error has no message of its own. */
const reasonOf = (cause: unknown): string => {
  if (cause instanceof AggregateError) return cause.errors.map(reasonOf).join('; ')
  return cause instanceof Error ? cause.message : ''
}

/** After how many seconds a client should repeat its request. */
export const retryAfterSeconds = 5
