import { beforeAll, expect, test } from 'vitest'
import { defaultWorkspaceId } from '../../src/domain/access.ts'
import { operationsOf } from '../support/access/operations.ts'
import { actionOf, nameOf, outcomeOf, send, type Sender, walk } from '../support/access/walk.ts'
import { useApi } from '../support/api.ts'
import { buildCtx } from '../support/builders.ts'
import { Client } from '../support/client.ts'
import { useDatabase } from '../support/database.ts'
import { buildPerson, buildToken, makeMember } from '../support/people.ts'
import { currentSchema } from '../support/schema.ts'

const database = useDatabase()
const api = useApi(database, { signIn: true })
const operations = operationsOf(currentSchema())

const opened = { workspaceId: '' }
beforeAll(async () => {
  opened.workspaceId = (await buildCtx(database.db)).actor.workspaceId
})

const senders: readonly Sender[] = [
  { name: 'a viewer', role: 'VIEWER' },
  { name: 'somebody who works in no workspace' },
]

test.each(senders)('$name gets exactly what the table allows, of every root field', async (sender) => {
  const { outcomes, table } = await walk(database.db, api.url, { ...opened, operations, sender })
  expect(outcomes).toEqual(table)
})

test('a stranger gets nothing, of every root field', async () => {
  for (const operation of operations) {
    const answer = await send(api.url, operation, {})
    expect([operation.name, answer.status, outcomeOf(answer)]).toEqual([
      operation.name,
      401,
      'UNAUTHENTICATED',
    ])
  }
})

test('nobody who may only read changes anything, apart from their own account', () => {
  const open = operations.filter(
    (operation) =>
      operation.root === 'Mutation' && [undefined, 'enter', 'read'].includes(actionOf(operation)),
  )
  expect(open.map(nameOf)).toEqual([])
})

test('what is for administrators asks for more than to read and edit', () => {
  const open = operations.filter(
    (operation) =>
      (operation.root === 'Admin' ||
        operation.field.description?.startsWith('For administrators:') === true) &&
      !['purge', 'manage', 'operate'].includes(actionOf(operation) ?? ''),
  )
  // A place for such fields, not one of them.
  expect(open.map(nameOf)).toEqual(['Query.admin'])
})

test('the workspaces that are listed are those of the person, and of a token its own', async () => {
  const [mine, other] = [await buildCtx(database.db), await buildCtx(database.db)]
  const person = await buildPerson(database.db)
  const ids = async (headers: Record<string, string>, list = 'workspaces { totalCount nodes { id } }') => {
    const answer = await new Client(api.url, headers).send(`{ ${list} }`)
    expect(answer.errors).toEqual([])
    return JSON.stringify(answer.data)
  }
  await makeMember(database.db, mine.actor.workspaceId, person, 'VIEWER')
  const listed = JSON.stringify({ workspaces: { totalCount: 1, nodes: [{ id: mine.actor.workspaceId }] } })
  expect(await ids(person.headers)).toBe(listed)
  await makeMember(database.db, other.actor.workspaceId, person, 'OWNER')
  const headers = { ...person.headers, 'x-workspace-id': mine.actor.workspaceId }
  expect(await ids(headers)).toContain(other.actor.workspaceId)
  const token = await buildToken(database.db, mine.actor.workspaceId, person, 'READ')
  expect(await ids(token.headers)).toBe(listed)
  const node = await ids(headers, `node(id: "${other.actor.workspaceId}") { id }`)
  expect(node).toBe(JSON.stringify({ node: null }))
})

test('a trashed workspace is listed for its owners and for operators', async () => {
  const [mine, gone] = [await buildCtx(database.db), await buildCtx(database.db)]
  const [owner, editor, operator] = [
    await buildPerson(database.db),
    await buildPerson(database.db),
    await buildPerson(database.db),
  ]
  for (const person of [owner, editor]) await makeMember(database.db, mine.actor.workspaceId, person, 'OWNER')
  await makeMember(database.db, gone.actor.workspaceId, owner, 'OWNER')
  await makeMember(database.db, gone.actor.workspaceId, editor, 'EDITOR')
  await makeMember(database.db, defaultWorkspaceId, operator, 'OWNER')
  await database.db.prisma.workspace.update({
    where: { id: gone.actor.workspaceId },
    data: { deletedAt: new Date(), deletedBy: 'owner', purgeAfter: new Date(Date.now() + 60_000) },
  })
  const sees = async (headers: Record<string, string>) => {
    const answer = await new Client(api.url, headers).send(
      '{ trashedWorkspaces { totalCount nodes { workspace { id } } } }',
    )
    expect(answer.errors).toEqual([])
    return JSON.stringify(answer.data).includes(gone.actor.workspaceId)
  }
  const token = await buildToken(database.db, mine.actor.workspaceId, owner, 'ADMIN')
  expect([
    await sees(owner.headers),
    await sees(editor.headers),
    await sees(operator.headers),
    await sees(token.headers),
  ]).toEqual([true, false, true, false])
})
