/** The part we use of a package without types. */
declare module 'busboy' {
  import type { IncomingHttpHeaders } from 'node:http'
  import type { Readable, Writable } from 'node:stream'

  /** How many files, text fields and parts of any kind to read, and how many bytes of each text field. */
  export interface FormLimits {
    readonly files: number
    readonly fields?: number
    readonly parts?: number
    readonly fieldSize?: number
  }

  interface Form extends Writable {
    on(
      event: 'file',
      listener: (name: string | undefined, stream: Readable, info: { filename: string | undefined }) => void,
    ): this
    on(
      event: 'field',
      listener: (name: string | undefined, text: string, info: { valueTruncated: boolean }) => void,
    ): this
    on(event: 'filesLimit' | 'partsLimit' | 'finish', listener: () => void): this
    on(event: 'error', listener: (error: Error) => void): this
  }

  export default function busboy(options: {
    headers: IncomingHttpHeaders
    defParamCharset: 'utf8'
    preservePath: boolean
    limits: FormLimits
  }): Form
}
