import { getNamedType, isAbstractType } from 'graphql'
import { expect, test } from 'vitest'
import { can } from '../../src/domain/access.ts'
import { access } from '../../src/graphql/access.ts'
import { unboundIn } from '../support/access/bound.ts'
import { documentOf, type Operation, operationsOf } from '../support/access/operations.ts'
import { selectionOf } from '../support/access/selection.ts'
import { ownValues, placesOf } from '../support/access/swaps.ts'
import { comparable, digestOf, useTwins } from '../support/access/twins.ts'
import type { Client } from '../support/client.ts'
import { actionOf } from '../support/access/walk.ts'
import { randomChoices } from '../support/random.ts'
import { currentSchema } from '../support/schema.ts'
import { type Statement, statementsOf } from '../support/statements.ts'

const seed = Number(process.env['ISOLATION_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
console.log(`ISOLATION_SEED=${seed}`)
const choose = randomChoices(seed)

const twins = useTwins()
const schema = currentSchema()
const operations = operationsOf(schema).filter(({ name }) => !name.startsWith('uploadMedia'))

/** Every statement that the first server sent, once. */
const sent = new Map<string, Statement>()

/** The answers of both servers to one request, and the statements that each sent. */
async function both(send: (server: 0 | 1) => Promise<string>) {
  const answer = async (server: 0 | 1) => {
    let text = ''
    await twins.settled()
    const statements = await statementsOf(async () => {
      text = comparable(await send(server))
      await twins.settled()
    })
    if (server === 0) for (const one of statements) sent.set(one.text, one)
    // What does not depend on each other is sent at once.
    return { text, statements: statements.map((one) => one.text).sort() }
  }
  return [await answer(0), await answer(1)] as const
}

const sending = async (client: Client | undefined, ...[document, variables]: Parameters<Client['send']>) => {
  const answer = await client?.send(document, variables)
  return JSON.stringify([answer?.status, answer?.data, answer?.errors])
}

const queries = operations.filter(({ root }) => root !== 'Mutation')

/** These need exactly one of two arguments; the fields of `admin` are operations of their own. */
const isSpecial = ({ name }: Operation) => ['storedFile', 'whyKept', 'admin'].includes(name)

test.each(queries.map((operation) => [operation.root, operation.name, operation] as const))(
  '%s.%s answers the same where there is another workspace',
  async (_root, _name, operation) => {
    const clients = twins.clients()
    const variables = ownValues(operation, twins.ours)
    // Two levels of anything are too many objects for the server to count.
    const levels = isAbstractType(getNamedType(operation.field.type)) ? 1 : 2
    const document = documentOf(operation, variables, selectionOf(schema, operation.field.type, levels))
    const [there, alone] = await both((server) => sending(clients[server], document, variables))
    expect(there).toEqual(alone)
    const owner = { workspaceId: twins.ours['workspaces'] ?? '', role: 'OWNER' } as const
    if (!isSpecial(operation) && can(owner, actionOf(operation) ?? 'operate'))
      expect(there.text).toMatch(/^\[200,.*,\[\]\]$/)
    // A viewer gets it all, except the fields with a rule of their own.
    if (!can({ workspaceId: '', role: 'VIEWER' }, actionOf(operation) ?? 'operate')) return
    const { errors } = await twins.viewer().send(document, variables)
    const refused = errors.filter(({ extensions }) => extensions?.code === 'FORBIDDEN')
    const rules = Object.values(access).flatMap((fields) => Object.keys(fields))
    const fields = refused.map((error) => String((error as { path?: readonly unknown[] }).path?.at(-1)))
    expect(fields.filter((field) => !rules.includes(field))).toEqual([])
  },
)

test.each(operations.map((operation) => [operation.root, operation.name, operation] as const))(
  '%s.%s answers for what is in another workspace as for what does not exist, and changes nothing there',
  async (_root, _name, operation) => {
    const { ours, theirs, shared } = twins
    const clients = twins.clients()
    const before = await digestOf(shared, theirs['workspaces'] ?? '')
    const selection = selectionOf(schema, operation.field.type, 1)
    for (const { path, foreign, variablesWith } of placesOf(operation, ours, theirs)) {
      // The ID that fits the place, and some that do not.
      const tried = new Set([foreign[0] ?? '', choose.one(foreign), choose.one(foreign)])
      for (const value of tried) {
        const variables = variablesWith(value)
        const document = documentOf(operation, variables, selection)
        const [there, alone] = await both((server) => sending(clients[server], document, variables))
        const what = { operation: operation.name, path, value }
        expect({ ...what, ...there }).toEqual({ ...what, ...alone })
      }
    }
    expect(await digestOf(shared, theirs['workspaces'] ?? '')).toEqual(before)
  },
)

const uploadId = /[0-9a-f-]{36}/

test('the other routes answer for what is in another workspace as for what does not exist', async () => {
  const { ours, theirs, shared } = twins
  const [client] = twins.clients()
  const signed = await client?.send(`{ media(id: "${ours['media']}") { url thumbnailUrl } }`)
  const { media: own } = signed?.data as { media: { url: string; thumbnailUrl: string } }
  const { search } = new URL(own.url)
  const [medium, book, upload, workspace] = [
    theirs['media'],
    theirs['books'],
    theirs['resumable_uploads'],
    theirs['workspaces'],
  ]
  const tus = {
    'tus-resumable': '1.0.0',
    'upload-offset': '0',
    'content-type': 'application/offset+octet-stream',
  }
  const requests: readonly (readonly [method: string, path: string, headers?: Record<string, string>])[] = [
    ...['', '/thumbnail'].flatMap((variant) =>
      ['', search, '?trashed=true', `?workspace=${workspace}`].map(
        (query) => ['GET', `/media/${medium}${variant}${query}`] as const,
      ),
    ),
    ['GET', `/api/images/${medium}`],
    ['GET', `/api/images/${medium}/thumbnail`],
    ['DELETE', `/api/images/${medium}`],
    ['GET', `/api/posts/${book}/assets`],
    ['GET', `/api/posts/${ours['books']}/assets/${medium}`],
    ['DELETE', `/api/posts/${ours['books']}/assets/${medium}`],
    ['HEAD', `/uploads/${upload}`, tus],
    ['PATCH', `/uploads/${upload}`, tus],
    ['DELETE', `/uploads/${upload}`, tus],
    ['GET', `/graphql?query=%7Bworkspace%7Bid%7D%7D`, { 'x-workspace-id': workspace ?? '' }],
    ['GET', `/graphql?query=%7Bworkspace%7Bid%7D%7D&workspace=${workspace}`],
  ]
  expect([medium, book, upload, workspace].every((id) => uploadId.test(id ?? ''))).toBe(true)
  const before = await digestOf(shared, workspace ?? '')
  for (const [method, path, headers] of requests) {
    const [there, alone] = await both(async (server) => {
      const { url = '', headers: credentials = {} } = twins.clients()[server] ?? {}
      const given = { 'apollo-require-preflight': 'true', ...credentials, ...headers }
      const body = method === 'PATCH' ? '12345' : null
      const answer = await fetch(url + path, { method, headers: given, redirect: 'manual', body })
      return JSON.stringify([answer.status, await answer.text(), answer.headers.get('location')])
    })
    expect({ method, path, ...there }).toEqual({ method, path, ...alone })
    expect(there.text).toMatch(/^\[(400|403|404),/)
  }
  expect(await digestOf(shared, workspace ?? '')).toEqual(before)
})

/** The statements of `personalData`. */
const personal: readonly (readonly [table: string, statement: RegExp])[] = [
  ['audit_events', /where \(actor_id = \$1 or subject_id = \$2\)/],
  ['api_tokens', /"api_tokens"\."user_id" = \$1 OFFSET/],
  ['invitations', /"invitations"\."accepted_by" = \$1 OR "public"\."invitations"\."email" = \$2/],
  ['members', /"members"\."user_id" = \$1 OFFSET/],
  ...['bookshelves', 'books', 'blocks', 'checkpoints', 'checkpoint_markers', 'media', 'tags'].map(
    (table) => [table, /item\.workspace_id in \(select workspace_id from members where user_id = /] as const,
  ),
]

/** Statements that read tables of a workspace without naming one, and why. */
const acrossWorkspaces: readonly (readonly [table: string, statement: RegExp, reason: string])[] = [
  [
    'search_documents',
    /terms @> segment\.entries/,
    'Its index is asked for words in segments of the workspace. What it gives is compared with the workspace.',
  ],
  ['members', /from sessions s left join lateral/, 'The memberships of the person whose session it is.'],
  ...personal.map(([table, statement]) => [table, statement, 'A person asks for their own data.'] as const),
  [
    'tag_associations',
    /where ctid = any\(array\(select at from touched/,
    'Rows that the same statement found in the workspace.',
  ],
]

test('every statement of all these requests binds the workspace of each table that it reads', async () => {
  const { shared, ours, filling, theirs } = twins
  const { rows } = await shared.pool.query<{ name: string }>(
    `select table_name as name from information_schema.columns
     where table_schema = 'public' and column_name = 'workspace_id'`,
  )
  const tables = new Set(rows.map(({ name }) => name))
  const found: Record<string, string[]> = {}
  const client = await shared.pool.connect()
  const check = async (statements: Iterable<Statement>, workspaceId: string) => {
    for (const statement of statements) {
      const names = await unboundIn(client, statement, tables, workspaceId)
      const isKnown = (name: string) =>
        acrossWorkspaces.some(([known, pattern]) => known === name && pattern.test(statement.text))
      const unknown = names.filter((name) => !isKnown(name))
      if (unknown.length > 0) found[statement.text] = unknown
    }
  }
  try {
    await check(sent.values(), ours['workspaces'] ?? '')
    await check(new Map(filling.map((one) => [one.text, one])).values(), theirs['workspaces'] ?? '')
  } finally {
    client.release()
  }
  expect(sent.size).toBeGreaterThan(200)
  expect(found).toEqual({})
})

test('no request failed by a fault of the server', () => {
  expect(twins.log().filter(({ level }) => level >= 50)).toEqual([])
})
