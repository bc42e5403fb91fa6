import { Unavailable } from './unavailable.ts'

/** The server cannot read or store files at the moment. */
export class StorageUnavailable extends Unavailable {
  override readonly name: string = 'StorageUnavailable'
  readonly clientCode = 'STORAGE_UNAVAILABLE'
}

/** No part of a file was stored. `reason` is a code that reveals nothing sensitive, such as ENOSPC. */
export function notStored(reason: string, cause: unknown): StorageUnavailable {
  const what = { ENOSPC: 'is full', EDQUOT: 'is full', EROFS: 'is read-only' }[reason] ?? 'cannot be used'
  const clientMessage = `The storage of this server ${what} (${reason}). Nothing was stored; try again later.`
  return new StorageUnavailable(clientMessage, { cause })
}
