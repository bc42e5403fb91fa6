/** The manifest of operations cannot be used. The message lists its problems. */
export class BadManifest extends Error {
  override readonly name = 'BadManifest'

  constructor(problems: readonly string[]) {
    const shown = problems.slice(0, 20).map((line) => `  ${line}`)
    const more = problems.length > shown.length ? [`  and ${problems.length - shown.length} more`] : []
    super(`OPERATIONS_MANIFEST cannot be used:\n${[...shown, ...more].join('\n')}`)
  }
}

/** The operations that clients may send: the text of each by its ID. */
export type Manifest = ReadonlyMap<string, string>

const formats =
  'It must be the manifest of Apollo (`generate-persisted-query-manifest`: format, version 1, operations with id and ' +
  'body) or that of Relay (an object with the text of each operation by its hash).'

type Entry = readonly [id: string, text: string]

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isEntry = (entry: readonly [unknown, unknown]): entry is Entry =>
  entry.every((part) => typeof part === 'string' && part !== '')

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    throw new BadManifest(['It is not valid JSON.'])
  }
}

function entriesOf(manifest: unknown): readonly (readonly [unknown, unknown])[] {
  if (!isObject(manifest)) throw new BadManifest([formats])
  if (!('format' in manifest)) return Object.entries(manifest)
  const { format, version, operations } = manifest
  if (format !== 'apollo-persisted-query-manifest' || version !== 1 || !Array.isArray(operations))
    throw new BadManifest([formats])
  return operations.map((one: unknown) => (isObject(one) ? [one['id'], one['body']] : [undefined, undefined]))
}

/** Reads a manifest in the format of Apollo or Relay; throws if it is neither. */
export function readManifest(json: string): Manifest {
  const entries = entriesOf(parsed(json))
  const known = entries.filter(isEntry)
  if (known.length < entries.length) throw new BadManifest([formats])
  if (known.length === 0) throw new BadManifest(['It has no operations.'])
  const texts = new Map<string, string>()
  for (const [id, text] of known) {
    if ((texts.get(id) ?? text) !== text) throw new BadManifest([`The ID ${id} stands for two operations.`])
    texts.set(id, text)
  }
  return texts
}
