import type { IncomingMessage } from 'node:http'
import { Upload } from 'graphql-upload-minimal'
import { giveAsString, inexactNumber } from '../domain/exact-numbers.ts'
import { type JsonLimits, shapeProblem } from '../domain/json-shape.ts'
import type { RequestFiles } from '../graphql/uploads.ts'
import { BadForm, readForm } from './forms.ts'

/** The maximum size of the parts `operations` and `map`, in bytes. */
const maxFieldBytes = 1024 * 1024

interface Operations {
  /** The body of the GraphQL request, with an `Upload` in the place of each file. */
  readonly body: unknown
  readonly files: RequestFiles
}

/**
 * Reads a request according to the GraphQL multipart request specification: `operations`, then `map`, then the files.
 * Resolves as soon as the map has arrived; the files follow.
 */
export function readOperations(
  raw: IncomingMessage,
  { maxFiles, json }: { readonly maxFiles: number; readonly json: JsonLimits },
): Promise<Operations> {
  return new Promise((resolve, reject) => {
    let body: unknown
    let announced: ReadonlyMap<string, Upload> | undefined
    const stop = readForm(raw, {
      limits: { files: maxFiles, fields: 2, fieldSize: maxFieldBytes },
      tooManyFiles: tooMany(maxFiles),
      field: (name, text, isTruncated) => {
        if (isTruncated) throw tooLarge(name)
        const problem = shapeProblem(Buffer.from(text), json)
        if (problem !== undefined) throw new BadForm(problem)
        if (name === 'operations') body = readBody(text)
        if (name !== 'map') return
        announced = announce(body, readMap(text), maxFiles)
        const notRead = new BadForm('The rest of the request was not read.')
        resolve({ body, files: { count: announced.size, stop: () => stop(notRead) } })
      },
      file: (name, file) => {
        if (!announced) throw new BadForm('Misordered parts: the files come after `map`.')
        const expected = announced.get(name ?? '')
        if (expected) expected.resolve(file)
        // An unread file would block those after it.
        else file.stream.resume()
      },
      end: (error) => {
        const missing = error ?? new BadForm('The file is missing in the request.')
        for (const file of announced?.values() ?? []) file.reject(missing)
        reject(error ?? missingPart(body === undefined ? 'operations' : 'map'))
      },
    })
  })
}

const missingPart = (name: string) =>
  new BadForm(
    `The part \`${name}\` is missing. Send the parts \`operations\`, \`map\` and the file, in this order.`,
  )

const tooMany = (maxFiles: number) => new BadForm(`Send at most ${maxFiles} files in one request.`, 413)

const tooLarge = (name = '') =>
  new BadForm(
    `The part \`${name.slice(0, 100)}\` exceeds the size limit. Send \`operations\` and \`map\` of at most ` +
      `${maxFieldBytes / 1024 ** 2} MiB each.`,
    413,
  )

function readJson(name: string, text: string): unknown {
  const number = inexactNumber(text)
  if (number !== undefined) throw new BadForm(giveAsString(number))
  try {
    return JSON.parse(text)
  } catch {
    throw new BadForm(`Invalid JSON in the part \`${name}\`. Send a JSON object.`)
  }
}

function readBody(text: string): unknown {
  const body = readJson('operations', text)
  if (typeof body === 'object' && body !== null) return body
  throw new BadForm('Invalid type of the part `operations`. Send a JSON object with a member `query`.')
}

const isPaths = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((path) => typeof path === 'string' && path.trim() !== '')

/** The paths of the places of each file. */
function readMap(text: string): readonly (readonly [string, readonly string[]])[] {
  const map = readJson('map', text)
  const entries = typeof map === 'object' && map !== null && !Array.isArray(map) ? Object.entries(map) : null
  if (entries?.every((entry): entry is [string, readonly string[]] => isPaths(entry[1]))) return entries
  throw new BadForm(
    'Invalid type of the part `map`. Send a JSON object whose members are lists of paths, e.g. {"0": ["variables.input.file"]}.',
  )
}

/** Puts an `Upload` at each path of the map. */
function announce(body: unknown, map: ReturnType<typeof readMap>, maxFiles: number) {
  if (body === undefined) throw new BadForm('Misordered parts: `map` comes after `operations`.')
  if (map.length > maxFiles) throw tooMany(maxFiles)
  const places = map.map(([name, paths]) => [name, paths.map((path) => placeOf(body, path))] as const)
  return new Map(
    places.map(([name, puts]) => {
      const file = new Upload()
      for (const put of puts) put(file)
      return [name, file]
    }),
  )
}

/**
 * A function that puts a file at a path, which must lead to a null of the operations. Elsewhere it could change a
 * method that all objects share, or lie so far beyond the end of a list that reading the list takes all memory.
 */
function placeOf(body: unknown, path: string): (file: Upload) => void {
  let place = body
  let put: ((file: Upload) => void) | undefined
  for (const name of path.split('.')) {
    if (typeof place !== 'object' || place === null || !Object.hasOwn(place, name)) throw misplaced(path)
    const parent = place as Record<string, unknown>
    put = (file) => (parent[name] = file)
    place = parent[name]
  }
  if (place !== null || !put) throw misplaced(path)
  return put
}

const misplaced = (path: string) =>
  new BadForm(
    `The map has the path '${path.slice(0, 100)}', but the operations have no null there for a file.`,
  )
