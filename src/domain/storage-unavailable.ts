/** Files cannot be read or stored just now, which only whoever runs the server can change. `message` is for them. */
export class StorageUnavailable extends Error {
  override readonly name: string = 'StorageUnavailable'

  /** What clients are told: nothing of paths, hosts or settings. */
  readonly told: string

  constructor(told: string, { message = told, cause }: { message?: string; cause?: unknown } = {}) {
    super(message, { cause })
    this.told = told
  }
}

/** Nothing of a file was stored. `reason` is a word for it that tells nothing, such as ENOSPC. */
export function notStored(reason: string, cause: unknown): StorageUnavailable {
  const what = { ENOSPC: 'is full', EDQUOT: 'is full', EROFS: 'is read-only' }[reason] ?? 'cannot be used'
  const told = `The storage of this server ${what} (${reason}). Nothing was stored; try again later.`
  return new StorageUnavailable(told, { cause })
}
