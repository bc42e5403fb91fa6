import { readFile } from 'node:fs/promises'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { BadManifest, type Manifest, readManifest } from '../domain/operations-manifest.ts'
import { refuse } from './authenticate.ts'

/** Reads the file of OPERATIONS_MANIFEST; undefined if there is none. */
export async function openManifest(path: string | undefined): Promise<Manifest | undefined> {
  if (path === undefined) return undefined
  const json = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new BadManifest([error instanceof Error ? error.message : String(error)])
  })
  return readManifest(json)
}

type Fields = Readonly<Record<string, unknown>>

const asFields = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}

function parsedFields(json: unknown): Fields {
  try {
    return typeof json === 'string' ? asFields(JSON.parse(json)) : asFields(json)
  } catch {
    return {}
  }
}

/**
 * The ID that a request gives: Apollo Client's extension; `documentId` of the specification of GraphQL over HTTP, which
 * may begin with the name of the hash; `doc_id` or `id`, as the guides of Relay have it.
 */
function idOf(fields: Fields): string | undefined {
  const { sha256Hash } = asFields(parsedFields(fields['extensions'])['persistedQuery'])
  const id = sha256Hash ?? fields['documentId'] ?? fields['doc_id'] ?? fields['id']
  return typeof id === 'string' ? id.replace(/^sha256:/, '') : undefined
}

/** The text of the manifest that a request asks for: by its ID, by the text, or by both. */
function textFor(fields: Fields, manifest: Manifest, texts: ReadonlySet<string>): string | undefined {
  const { query } = fields
  const id = idOf(fields)
  if (id === undefined) return typeof query === 'string' && texts.has(query) ? query : undefined
  const text = manifest.get(id)
  return query === undefined || query === null || query === text ? text : undefined
}

const withoutPersistedQuery = (extensions: unknown) =>
  Object.fromEntries(Object.entries(parsedFields(extensions)).filter(([name]) => name !== 'persistedQuery'))

/** Puts the text in the place of the ID, so that Apollo Server sees an ordinary request. */
function putText(request: FastifyRequest, fields: Fields, query: string) {
  const extensions = withoutPersistedQuery(fields['extensions'])
  if (request.method !== 'GET') {
    request.body = { ...fields, query, extensions }
    return
  }
  const parameters = new URLSearchParams(request.url.slice(request.url.indexOf('?')))
  parameters.set('query', query)
  parameters.set('extensions', JSON.stringify(extensions))
  request.raw.url = `/graphql?${parameters.toString()}`
}

const refusal =
  'This server only accepts the operations of its manifest (OPERATIONS_MANIFEST), by ID or by their exact text. Add the ' +
  'operation to the manifest and start the server again.'

/** Accepts only the operations of the manifest. Runs after the bodies were read. */
export function acceptOnly(app: FastifyInstance, manifest: Manifest) {
  const texts = new Set(manifest.values())
  app.addHook('preHandler', async (request, reply) => {
    if (!['GET', 'POST'].includes(request.method)) return
    const fields = asFields(request.method === 'GET' ? request.query : request.body)
    const text = textFor(fields, manifest, texts)
    if (text === undefined) return refuse(reply, 400, 'OPERATION_NOT_IN_MANIFEST', refusal)
    putText(request, fields, text)
  })
}
