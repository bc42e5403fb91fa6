import { expect, test } from 'vitest'
import { defaultWorkspaceId } from '../../src/domain/access.ts'
import { ask, useApi } from '../support/api.ts'
import { buildCtx } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { buildPerson, buildToken, makeMember } from '../support/people.ts'

const database = useDatabase()
const api = useApi(database, { signIn: true })
const open = useApi(database)

const query = `{ viewer {
  id name email peopleSignIn workspace { id } role scope canEdit canPurge canManage canOperate
  memberships { nodes { workspace { id storage { usedBytes } } role } totalCount }
} }`
const workspaceOf = async () => (await buildCtx(database.db)).actor.workspaceId

test('where people do not sign in, the viewer is the owner', async () => {
  const { viewer } = await ask<{ viewer: object }>(open.client(), query)
  expect(viewer).toMatchObject({
    id: 'owner',
    name: 'Owner of this installation',
    email: null,
    peopleSignIn: false,
    workspace: { id: defaultWorkspaceId },
    role: 'OWNER',
    scope: null,
    canEdit: true,
    canPurge: true,
    canManage: true,
    canOperate: true,
    memberships: { nodes: [{ workspace: { id: defaultWorkspaceId }, role: 'OWNER' }], totalCount: 1 },
  })
  expect(await ask(open.client(), '{ viewer { sessions { nodes { id } totalCount } } }')).toEqual({
    viewer: { sessions: { nodes: [], totalCount: 0 } },
  })
  for (const mutation of ['updateViewer(input: { name: "A" })', 'endSessions(input: { others: true })']) {
    const answer = `mutation { done: ${mutation} { __typename ... on Failure { message } } }`
    expect(await ask(open.client(), answer)).toMatchObject({ done: { __typename: 'SignInDisabled' } })
  }
})

test('a person in no workspace sees who they are, and where they can go', async () => {
  const person = await buildPerson(database.db)
  const client = api.client(person.headers)
  const { id, name, email } = person
  const nothing = { canEdit: false, canPurge: false, canManage: false, canOperate: false }
  const nowhere = { workspace: null, role: null, scope: null, ...nothing }
  expect(await ask(client, query)).toEqual({
    viewer: { id, name, email, peopleSignIn: true, ...nowhere, memberships: { nodes: [], totalCount: 0 } },
  })
  const [first, second] = [await workspaceOf(), await workspaceOf()]
  await makeMember(database.db, second, person, 'VIEWER')
  await makeMember(database.db, first, person, 'EDITOR')
  const storage = { usedBytes: '0' }
  const nodes = [
    { workspace: { id: first, storage }, role: 'EDITOR' },
    { workspace: { id: second, storage }, role: 'VIEWER' },
  ]
  expect(await ask(client, query)).toMatchObject({
    viewer: { ...nowhere, memberships: { nodes, totalCount: 2 } },
  })
  const there = api.client({ ...person.headers, 'x-workspace-id': first })
  expect(await ask(there, query)).toMatchObject({
    viewer: { workspace: { id: first }, role: 'EDITOR', ...nothing, canEdit: true },
  })
  const listed = await ask<{ workspaces: { nodes: { id: string }[]; totalCount: number } }>(
    there,
    '{ workspaces { nodes { id } totalCount } }',
  )
  expect(listed.workspaces).toEqual({ nodes: [{ id: first }, { id: second }], totalCount: 2 })
})

test('memberships are read page by page', async () => {
  const person = await buildPerson(database.db)
  const ids = [await workspaceOf(), await workspaceOf(), await workspaceOf()]
  for (const id of ids) await makeMember(database.db, id, person, 'VIEWER')
  const client = api.client(person.headers)
  const page = async (args: string) => {
    const fields = `edges { cursor node { workspace { id } } } pageInfo { hasNextPage endCursor }`
    const data = await ask<{
      viewer: {
        memberships: {
          edges: { node: { workspace: { id: string } } }[]
          pageInfo: { hasNextPage: boolean; endCursor: string }
        }
      }
    }>(client, `{ viewer { memberships(${args}) { ${fields} } } }`)
    const { edges, pageInfo } = data.viewer.memberships
    return { ids: edges.map(({ node }) => node.workspace.id), ...pageInfo }
  }
  const first = await page('first: 2')
  expect(first).toMatchObject({ ids: ids.slice(0, 2), hasNextPage: true })
  expect(await page(`first: 2, after: "${first.endCursor}"`)).toMatchObject({
    ids: ids.slice(2),
    hasNextPage: false,
  })
  expect(await page('last: 1')).toMatchObject({ ids: ids.slice(2) })
})

test('an API token sees its workspace alone, and nothing of the sessions of its person', async () => {
  const person = await buildPerson(database.db)
  const [own, other] = [await workspaceOf(), await workspaceOf()]
  for (const id of [own, other]) await makeMember(database.db, id, person, 'OWNER')
  const token = await buildToken(database.db, own, person, 'WRITE')
  const client = api.client(token.headers)
  expect(await ask(client, query)).toMatchObject({
    viewer: {
      id: person.id,
      role: 'OWNER',
      scope: 'WRITE',
      canEdit: true,
      canPurge: false,
      canManage: false,
      memberships: { nodes: [{ workspace: { id: own } }], totalCount: 1 },
    },
  })
  expect((await ask<{ workspaces: object }>(client, '{ workspaces { nodes { id } } }')).workspaces).toEqual({
    nodes: [{ id: own }],
  })
  for (const operation of [
    '{ viewer { sessions { nodes { id } } } }',
    'mutation { updateViewer(input: { name: "Robot" }) { __typename } }',
    'mutation { endSessions(input: { others: true }) { __typename } }',
  ]) {
    expect((await client.send(operation)).errors[0]).toMatchObject({ extensions: { code: 'FORBIDDEN' } })
  }
  expect(await database.db.prisma.session.count({ where: { userId: person.id } })).toBe(1)
})

test('a person changes their name, at the expected version only', async () => {
  const person = await buildPerson(database.db)
  const client = api.client(person.headers)
  const rename = (name: string, expectedVersion?: number) =>
    ask(
      client,
      `mutation ($input: UpdateViewerInput!) { done: updateViewer(input: $input) {
        __typename
        ... on UpdateViewerSuccess { viewer { id name version } }
        ... on ViewerChanged { message viewer { name version } }
      } }`,
      { input: { name, ...(expectedVersion === undefined ? {} : { expectedVersion }) } },
    )
  expect(await rename('Ada Lovelace', 1)).toEqual({
    done: { __typename: 'UpdateViewerSuccess', viewer: { id: person.id, name: 'Ada Lovelace', version: 2 } },
  })
  expect(await rename('Ada', 1)).toMatchObject({
    done: { __typename: 'ViewerChanged', viewer: { name: 'Ada Lovelace', version: 2 } },
  })
  expect(await rename(' ')).toMatchObject({ done: { __typename: 'InvalidInput' } })
})

test('a person sees their own sessions and ends some, or all others', async () => {
  const [person, other] = [await buildPerson(database.db), await buildPerson(database.db)]
  const { prisma } = database.db
  const own = await prisma.session.findUniqueOrThrow({ where: { id: person.sessionId } })
  const more = ['01ffffff-0000-7000-8000-000000000001', '01ffffff-0000-7000-8000-000000000002']
  for (const id of more)
    await prisma.session.create({
      data: { ...own, id, token: id, ipAddress: '192.0.2.1', userAgent: 'Lynx' },
    })
  await prisma.session.create({
    data: { ...own, id: '01ffffff-0000-7000-8000-000000000003', token: 'old', expiresAt: new Date(0) },
  })
  const client = api.client(person.headers)
  const sessions = async () =>
    (
      await ask<{ viewer: { sessions: { nodes: object[]; totalCount: number } } }>(
        client,
        '{ viewer { sessions { nodes { id ipAddress userAgent current } totalCount } } }',
      )
    ).viewer.sessions
  const added = (id: string | undefined) => ({
    id,
    ipAddress: '192.0.2.1',
    userAgent: 'Lynx',
    current: false,
  })
  const current = { id: person.sessionId, ipAddress: null, userAgent: null, current: true }
  expect(await sessions()).toEqual({ nodes: [added(more[1]), added(more[0]), current], totalCount: 3 })
  const end = (input: object) =>
    ask(
      client,
      `mutation ($input: EndSessionsInput!) { done: endSessions(input: $input) {
        __typename ... on EndSessionsSuccess { endedCount } } }`,
      { input },
    )
  expect(await end({ sessionIds: [more[0], other.sessionId, 'nonsense'] })).toMatchObject({
    done: { endedCount: 1 },
  })
  for (const input of [{}, { others: true, sessionIds: [] }, { sessionIds: Array(101).fill('a') }])
    expect(await end(input)).toMatchObject({ done: { __typename: 'InvalidInput' } })
  expect(await end({ others: true })).toMatchObject({ done: { endedCount: 2 } })
  expect(await sessions()).toMatchObject({ nodes: [current] })
  expect(await prisma.session.count({ where: { userId: other.id } })).toBe(1)
  expect(await end({ sessionIds: [person.sessionId] })).toMatchObject({ done: { endedCount: 1 } })
  expect((await client.send('{ viewer { id } }').catch(() => ({ status: 401 }))).status).toBe(401)
})
