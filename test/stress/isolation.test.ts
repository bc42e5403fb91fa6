import { expect, test } from 'vitest'
import { can } from '../../src/domain/access.ts'
import { access } from '../../src/graphql/access.ts'
import { unboundIn } from '../support/access/bound.ts'
import { documentOf, operationsOf } from '../support/access/operations.ts'
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
    const statements = await statementsOf(async () => {
      text = comparable(await send(server))
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

test.each(queries.map((operation) => [operation.root, operation.name, operation] as const))(
  '%s.%s answers the same where there is another workspace',
  async (_root, _name, operation) => {
    const clients = twins.clients()
    const variables = ownValues(operation, twins.ours)
    const document = documentOf(operation, variables, selectionOf(schema, operation.field.type, 2))
    const [there, alone] = await both((server) => sending(clients[server], document, variables))
    expect(there).toEqual(alone)
    // A viewer gets it all, but for the fields with a rule of their own.
    const { errors } = await twins.viewer().send(document, variables)
    const refused = errors.map((error) => (error as { path?: readonly unknown[] }).path?.at(-1))
    const rules = Object.values(access).flatMap((fields) => Object.keys(fields))
    expect(refused.filter((field) => !rules.includes(String(field)))).toEqual(
      can({ workspaceId: '', role: 'VIEWER' }, actionOf(operation) ?? 'operate') ? [] : refused,
    )
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

/** Statements that read tables of a workspace without naming one, and why. */
const acrossWorkspaces: readonly (readonly [tables: string, statement: RegExp, reason: string])[] = []

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
        acrossWorkspaces.some(
          ([known, pattern]) => known.split(' ').includes(name) && pattern.test(statement.text),
        )
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
