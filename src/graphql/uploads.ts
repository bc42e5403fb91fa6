import { PassThrough, type Readable } from 'node:stream'
import {
  type ASTVisitor,
  getNamedType,
  GraphQLError,
  type GraphQLInputType,
  GraphQLScalarType,
  isInputObjectType,
  type ValidationContext,
} from 'graphql'
import { GraphQLUpload, Upload } from 'graphql-upload-minimal'
import { UploadInterrupted } from '../domain/upload-interrupted.ts'
import { badInput } from './connection.ts'

/** All files of a multipart request. */
export interface RequestFiles {
  /** How many files the map of the request announces. */
  readonly count: number
  /** Stops reading: files that have not arrived yet never will. */
  stop(): void
}

/** An opened file. */
export interface OpenedFile {
  readonly fileName: string | undefined
  readonly stream: Readable
}

/** A file of a multipart request. Settles when its part begins to arrive. */
export type UploadedFile = Promise<OpenedFile>

declare module 'graphql-upload-minimal' {
  interface Upload {
    resolve(file: OpenedFile): void
    reject(error: Error): void
  }
}

// graphql prints this when it refuses a file in another place.
Object.assign(Upload.prototype, { toJSON: () => 'a file' })

/** The scalar of the package, with messages that say how to send a file. */
export const uploadScalar = new GraphQLScalarType({
  ...GraphQLUpload.toConfig(),
  parseValue: (value) => {
    if (value instanceof Upload) return value.promise
    throw new GraphQLError(`A file cannot be sent as JSON. ${howToSend}`)
  },
  parseLiteral: () => {
    throw new GraphQLError(`A file cannot stand in the text of an operation. ${howToSend}`)
  },
})

const howToSend = 'Send it as a part of a multipart request, and give a variable for it.'

/** The files that an operation has opened. */
const opened = new WeakSet<OpenedFile>()

/** How many bytes of an abandoned file to drain so that the files after it can still arrive. */
const skippedBytes = 256 * 1024 * 1024

/** Opens the file and passes it to `work`. A fault of the request itself becomes an HTTP 400. */
export async function withUpload<T>(
  files: RequestFiles,
  upload: UploadedFile,
  work: (file: OpenedFile) => Promise<T>,
): Promise<T> {
  refuseUnused(files, [upload])
  const file = await upload.catch((error: unknown) => {
    throw badInput(neverCame(error))
  })
  if (opened.has(file)) throw badInput('Each file can be used by only one field of the request.')
  opened.add(file)
  try {
    return await work(file)
  } catch (error) {
    throw error instanceof UploadInterrupted ? badInput(error.message) : error
  }
}

/**
 * Opens every file of a batch as soon as it arrives. Each can be abandoned separately: its remaining bytes are then
 * drained, so that the following files can arrive.
 */
export function openUploads<Input extends { file: UploadedFile }>(
  files: RequestFiles,
  inputs: readonly Input[],
): (Omit<Input, 'file'> & { file: Promise<OpenedFile> })[] {
  const uploads = inputs.map(({ file }) => file)
  if (new Set(uploads).size < uploads.length) throw badInput('Each file can be used only once in a batch.')
  refuseUnused(files, uploads)
  const open = async (upload: UploadedFile) => {
    const { fileName, stream } = await upload.catch((error: unknown) => {
      throw new Error(neverCame(error))
    })
    return { fileName, stream: detached(stream, () => files.stop()) }
  }
  return inputs.map((input) => ({ ...input, file: open(input.file) }))
}

const neverCame = (error: unknown) =>
  `${error instanceof Error ? error.message : String(error)} Send the file as its own part, after ` +
  `\`operations\` and \`map\`.`

/** An unread file would block those after it. */
function refuseUnused({ count }: RequestFiles, used: readonly UploadedFile[]) {
  if (count > used.length)
    throw badInput(`The request has ${count} files, but the operation uses only ${used.length}.`)
}

/** A stream of the same bytes; closing it drains the source. Calls `stop` if the rest of the source is too large. */
function detached(source: Readable, stop: () => void): Readable {
  const own = new PassThrough({ highWaterMark: 256 * 1024 })
  // The stream may fail before anybody listens to it.
  own.on('error', () => {})
  source.once('error', (error) => own.destroy(error))
  source.pipe(own)
  own.once('close', () => {
    source.unpipe(own)
    let skipped = 0
    source.on('data', (chunk: Buffer) => {
      skipped += chunk.length
      if (skipped > skippedBytes) stop()
    })
    source.resume()
  })
  return own
}

/** Allows files in only one field: with two, the second could fail after the first one was stored. */
export function oneUploadPerOperation(context: ValidationContext): ASTVisitor {
  let found = 0
  return {
    OperationDefinition: () => {
      found = 0
    },
    Field: (node) => {
      if (!context.getFieldDef()?.args.some(({ type }) => takesUpload(type))) return
      found += 1
      if (found === 2) {
        const message =
          'An operation can contain only one upload. Send several files with one `uploadMediaBatch`, or each ' +
          'in a request of its own.'
        context.reportError(new GraphQLError(message, { nodes: node }))
      }
    },
  }
}

function takesUpload(type: GraphQLInputType): boolean {
  const named = getNamedType(type)
  if (!isInputObjectType(named)) return named.name === 'Upload'
  return Object.values(named.getFields()).some(
    (field) => getNamedType(field.type) !== named && takesUpload(field.type),
  )
}
