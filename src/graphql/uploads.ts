import type { Readable } from 'node:stream'
import {
  type ASTVisitor,
  getNamedType,
  GraphQLError,
  type GraphQLInputType,
  isInputObjectType,
  type ValidationContext,
} from 'graphql'
import type { FileUpload } from 'graphql-upload-minimal'
import { badInput } from './connection.ts'

/** A file of a multipart request: it settles when the file's part begins to arrive. */
export type UploadedFile = Promise<FileUpload>

/** Opens the file and gives it to `work`. A fault of the request itself becomes an HTTP 400. */
export async function withUpload<T>(
  upload: UploadedFile,
  work: (file: { fileName: string | undefined; stream: Readable }) => Promise<T>,
): Promise<T> {
  const file = await upload.catch((error: unknown) => {
    const message = error instanceof Error ? error.message : String(error)
    throw badInput(`${message} Send the file as its own part, after \`operations\` and \`map\`.`)
  })
  let stream: Readable
  try {
    stream = file.createReadStream()
  } catch {
    throw badInput('Each file can be used by one field of the request only.')
  }
  try {
    return await work({ fileName: file.filename, stream })
  } catch (error) {
    if (stream.errored)
      throw badInput('The upload broke off before its end. Nothing was stored; send it once more.')
    throw error
  }
}

/**
 * A request has one file, so a second upload could only fail after the first one was stored: the whole operation is
 * refused before anything is done.
 */
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
        const message = 'An operation can hold one upload only. Send each file in a request of its own.'
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
