/**
 * The server cannot read or store files at the moment, and only its operator can fix that. `message` is for the
 * operator.
 */
export class StorageUnavailable extends Error {
  override readonly name: string = 'StorageUnavailable'

  /** The message for clients, without paths, hosts or settings. */
  readonly clientMessage: string

  constructor(
    clientMessage: string,
    { message = clientMessage, cause }: { message?: string; cause?: unknown } = {},
  ) {
    super(message, { cause })
    this.clientMessage = clientMessage
  }
}

/** No part of a file was stored. `reason` is a code that reveals nothing sensitive, such as ENOSPC. */
export function notStored(reason: string, cause: unknown): StorageUnavailable {
  const what = { ENOSPC: 'is full', EDQUOT: 'is full', EROFS: 'is read-only' }[reason] ?? 'cannot be used'
  const clientMessage = `The storage of this server ${what} (${reason}). Nothing was stored; try again later.`
  return new StorageUnavailable(clientMessage, { cause })
}
