import type { IncomingMessage } from 'node:http'
import busboy, { type FormLimits } from 'busboy'
import { formFileName } from '../domain/file-name.ts'
import type { OpenedFile } from '../graphql/uploads.ts'

/** The server cannot read a form. `statusCode` is the HTTP status of the answer. */
export class BadForm extends Error {
  readonly statusCode: number

  constructor(message: string, statusCode = 400) {
    super(message)
    this.statusCode = statusCode
  }
}

/** Receives the parts of a form. An error that `field` or `file` throws ends the reading. */
interface FormReader {
  readonly limits: FormLimits
  /** Ends the reading at a file beyond `limits.files`. Without it the server skips such files. */
  readonly tooManyFiles?: BadForm
  /** Ends the reading at a part beyond `limits.parts`. */
  readonly tooManyParts?: BadForm
  /** A text. If it is longer than `limits.fieldSize`, only its beginning. */
  field?(name: string | undefined, text: string, isTruncated: boolean): void
  file(name: string | undefined, file: OpenedFile): void
  /** Called once. The error says why nothing more will arrive; without one the form is complete. */
  end(error: Error | undefined): void
}

/**
 * Reads the form of a request as it arrives. Returns a function that stops the reading: a file that is still arriving
 * then fails with its error.
 */
export function readForm(raw: IncomingMessage, reader: FormReader): (error: Error) => void {
  const parser = openParser(raw, reader.limits)
  let hasEnded = false
  const end = (error?: Error) => {
    if (hasEnded) return
    hasEnded = true
    raw.unpipe(parser)
    parser.destroy(error)
    reader.end(error)
  }
  const unlessEnded = (work: () => void) => {
    try {
      if (!hasEnded) work()
    } catch (error) {
      end(error as Error)
    }
  }
  const endIf = (error: BadForm | undefined) => () => {
    if (error) end(error)
  }
  // Some malformed parts raise more than one error; without a listener that would end the process.
  parser.on('error', ({ message }) => end(new BadForm(message)))
  parser.on('field', (name, text, { valueTruncated }) =>
    unlessEnded(() => reader.field?.(name, text, valueTruncated)),
  )
  parser.on('file', (name, stream, { filename }) => {
    // The stream may fail before anything reads it.
    stream.on('error', () => {})
    const fileName = filename === undefined ? undefined : formFileName(filename)
    unlessEnded(() => reader.file(name, { fileName, stream }))
  })
  parser.on('filesLimit', endIf(reader.tooManyFiles))
  parser.on('partsLimit', endIf(reader.tooManyParts))
  parser.on('finish', () => end())
  raw.once('close', () => {
    if (!raw.readableEnded) end(new BadForm('The request was interrupted.'))
  })
  raw.pipe(parser)
  return end
}

function openParser({ headers }: IncomingMessage, limits: FormLimits) {
  try {
    // Without `preservePath` a file name would lose everything before a backslash.
    return busboy({ headers, defParamCharset: 'utf8', preservePath: true, limits })
  } catch (error) {
    // The content type has no boundary.
    throw new BadForm((error as Error).message)
  }
}
