import { expect, test } from 'vitest'
import { defaultWorkspaceId } from '../../src/domain/access.ts'
import { operationsOf } from '../support/access/operations.ts'
import { type Sender, walk } from '../support/access/walk.ts'
import { useApi } from '../support/api.ts'
import { buildCtx } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { currentSchema } from '../support/schema.ts'

const database = useDatabase()
const api = useApi(database, { signIn: true })
const operations = operationsOf(currentSchema())

/** The others are in `test/graphql`. */
const senders: readonly Sender[] = [
  { name: 'an owner', role: 'OWNER' },
  { name: 'an editor', role: 'EDITOR' },
  { name: 'a token to administrate', role: 'OWNER', scope: 'ADMIN' },
  { name: 'a token to write', role: 'OWNER', scope: 'WRITE' },
  { name: 'a token to read', role: 'OWNER', scope: 'READ' },
  { name: 'an editor with a token to administrate', role: 'EDITOR', scope: 'ADMIN' },
  { name: 'a viewer with a token to administrate', role: 'VIEWER', scope: 'ADMIN' },
]

test.each(senders)('$name gets exactly what the table allows, of every root field', async (sender) => {
  const { workspaceId } = (await buildCtx(database.db)).actor
  const { outcomes, table } = await walk(database.db, api.url, { operations, workspaceId, sender })
  expect(outcomes).toEqual(table)
})

test('an operator gets every root field', async () => {
  const sender = { name: 'an operator', role: 'OWNER' } as const
  const { outcomes, table } = await walk(database.db, api.url, {
    operations,
    workspaceId: defaultWorkspaceId,
    sender,
  })
  expect(outcomes).toEqual(table)
  expect(new Set(Object.values(outcomes))).toEqual(new Set(['allowed']))
})
