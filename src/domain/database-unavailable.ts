import { Unavailable } from './unavailable.ts'

/** The server cannot use its database at the moment. A change may have been made if only its answer was lost. */
export class DatabaseUnavailable extends Unavailable {
  override readonly name = 'DatabaseUnavailable'
  readonly clientCode = 'DATABASE_UNAVAILABLE'

  constructor(message: string, cause?: unknown) {
    const clientMessage =
      'The database of this server is unavailable. Try again later. Repeat a change with the same idempotency key: ' +
      'it may have been made.'
    super(clientMessage, { message, cause })
  }
}
