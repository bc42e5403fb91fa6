/** The part we use of a package without types. */
declare module 'busboy' {
  import type { IncomingHttpHeaders } from 'node:http'
  import type { Readable, Writable } from 'node:stream'

  interface Form extends Writable {
    on(
      event: 'file',
      listener: (field: string, stream: Readable, info: { filename: string | undefined }) => void,
    ): this
    on(event: 'partsLimit' | 'finish', listener: () => void): this
    on(event: 'error', listener: (error: Error) => void): this
  }

  export default function busboy(options: {
    headers: IncomingHttpHeaders
    defParamCharset: 'utf8'
    limits: { files: number; parts: number }
  }): Form
}
