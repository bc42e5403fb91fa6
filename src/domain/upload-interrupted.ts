/** The client did not send the whole file: the connection ended, or the form is incomplete or malformed. */
export class UploadInterrupted extends Error {
  override readonly name = 'UploadInterrupted'

  constructor(cause: unknown) {
    super('The upload was interrupted. Nothing was stored; upload the file again.', { cause })
  }
}
