/** Files cannot be stored just now, which only whoever runs the server can change. `cause` is what happened. */
export class StorageUnavailable extends Error {
  override readonly name = 'StorageUnavailable'

  /** `reason` is a word for it that tells nothing of paths or hosts, such as ENOSPC. */
  constructor(reason: string, cause: unknown) {
    const what = { ENOSPC: 'is full', EDQUOT: 'is full', EROFS: 'is read-only' }[reason] ?? 'cannot be used'
    super(`The storage of this server ${what} (${reason}). Nothing was stored; send it once more later.`, {
      cause,
    })
  }
}
