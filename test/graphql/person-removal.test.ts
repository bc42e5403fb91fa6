import { expect, test } from 'vitest'
import { defaultWorkspaceId } from '../../src/domain/access.ts'
import { ask, useApi } from '../support/api.ts'
import { buildCtx, buildShelf } from '../support/builders.ts'
import type { Client } from '../support/client.ts'
import { useDatabase } from '../support/database.ts'
import { buildPerson, buildToken, makeMember } from '../support/people.ts'

const database = useDatabase()
const api = useApi(database, { signIn: true })
const open = useApi(database)

const remove = async (client: Client, name: string, input: object) => {
  const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input!`
  const document = `mutation ($input: ${type}) { done: ${name}(input: $input) {
    __typename ... on LastOwner { workspaceIds } } }`
  return (await ask<{ done: object }>(client, document, { input })).done
}

/** A person who made a bookshelf in a workspace, with something in every table that knows people. */
async function busyPerson(role: 'OWNER' | 'EDITOR' = 'EDITOR') {
  const ctx = await buildCtx(database.db)
  const { workspaceId } = ctx.actor
  const person = await buildPerson(database.db)
  await makeMember(database.db, workspaceId, person, role)
  const token = await buildToken(database.db, workspaceId, person, 'READ')
  const own = { ...ctx, actor: { id: person.id, workspaceId, role } }
  const shelf = await buildShelf(own)
  const { prisma } = database.db
  const times = { createdAt: new Date(), updatedAt: new Date() }
  const account = { id: person.id, userId: person.id, providerId: 'credential', accountId: person.id }
  await prisma.account.create({ data: { ...account, password: 'secret-hash', ...times } })
  await prisma.verification.create({
    data: {
      id: person.id,
      identifier: 'reset-password:x',
      value: person.id,
      expiresAt: new Date(),
      ...times,
    },
  })
  await prisma.invitation.create({
    data: {
      ...{ workspaceId, id: person.id, role: 'VIEWER', email: person.email, createdBy: person.id },
      secretHash: new Uint8Array(32).map((_zero, index) => person.id.charCodeAt(index)),
      ...{ createdAt: new Date(), expiresAt: new Date(Date.now() + 60_000) },
    },
  })
  await prisma.auditEvent.create({
    data: {
      id: person.id,
      occurredAt: new Date(),
      action: 'SIGNED_IN',
      actorId: person.id,
      ipAddress: '192.0.2.7',
    },
  })
  return { person, workspaceId, token, shelf, client: api.client(person.headers) }
}

/** How often a text stands anywhere in the tables of people. */
async function mentions(text: string): Promise<number> {
  const tables = [
    'users',
    'sessions',
    'accounts',
    'verifications',
    'members',
    'invitations',
    'api_tokens',
    'audit_events',
  ]
  const counts = tables
    .map((table) => `select row_to_json(t)::text as row from ${table} t`)
    .join(' union all ')
  const { rows } = await database.db.pool.query<{ count: number }>(
    `select count(*)::int as count from (${counts}) r where position($1 in row) > 0`,
    [text],
  )
  return rows[0]?.count ?? 0
}

test('a person who is erased leaves their work, and nothing that names them', async () => {
  const { person, workspaceId, shelf, client } = await busyPerson()
  expect(await remove(client, 'deleteViewer', { confirmEmail: 'else@example.org' })).toMatchObject({
    __typename: 'InvalidInput',
  })
  expect(await remove(client, 'deleteViewer', { confirmEmail: person.email.toUpperCase() })).toEqual({
    __typename: 'DeleteViewerSuccess',
  })
  const { prisma } = database.db
  expect(await mentions(person.email)).toBe(0)
  expect(await mentions('192.0.2.7')).toBe(0)
  const where = { userId: person.id }
  for (const rows of [prisma.session, prisma.account, prisma.member, prisma.apiToken] as {
    count: typeof prisma.session.count
  }[])
    expect(await rows.count({ where })).toBe(0)
  expect(await prisma.verification.count({ where: { value: person.id } })).toBe(0)
  expect(await prisma.invitation.findFirst({ where: { workspaceId } })).toMatchObject({ email: null })
  expect(await prisma.invitation.count({ where: { workspaceId, revokedAt: null } })).toBe(0)
  expect(await prisma.bookshelf.findFirst({ where: { workspaceId, id: shelf.id } })).toMatchObject({
    createdBy: person.id,
  })
  const response = await fetch(`${api.url}/graphql`, {
    method: 'POST',
    headers: { ...person.headers, 'content-type': 'application/json' },
    body: '{"query":"{ viewer { id } }"}',
  })
  expect(response.status).toBe(401)
})

test('the last owner is erased only by an operator who names a successor', async () => {
  const { person, workspaceId, client } = await busyPerson('OWNER')
  const lastOwner = { __typename: 'LastOwner', workspaceIds: [workspaceId] }
  expect(await remove(client, 'deleteViewer', { confirmEmail: person.email })).toEqual(lastOwner)
  const [operator, successor] = [await buildPerson(database.db), await buildPerson(database.db)]
  await makeMember(database.db, defaultWorkspaceId, operator, 'OWNER')
  const operating = api.client(operator.headers)
  const personId = person.id
  expect(await remove(operating, 'removePerson', { personId })).toEqual(lastOwner)
  for (const successorId of [personId, 'nonsense', workspaceId])
    expect(await remove(operating, 'removePerson', { personId, successorId })).toMatchObject({
      __typename: 'InvalidInput',
    })
  expect(await mentions(person.email)).toBeGreaterThan(0)
  expect(await remove(operating, 'removePerson', { personId, successorId: successor.id })).toEqual({
    __typename: 'RemovePersonSuccess',
  })
  const members = await database.db.prisma.member.findMany({ where: { workspaceId } })
  expect(members).toMatchObject([{ userId: successor.id, role: 'OWNER' }])
  expect(await remove(operating, 'removePerson', { personId })).toMatchObject({ __typename: 'NotFound' })
  expect(await remove(operating, 'removePerson', { personId: 'nonsense' })).toMatchObject({
    __typename: 'NotFound',
  })
  const refused = await client
    .send(`mutation { removePerson(input: { personId: "${operator.id}" }) { __typename } }`)
    .catch(() => ({ status: 401 }))
  expect(refused.status).toBe(401)
})

test('a person exports what is stored about them, without secrets, and a token cannot', async () => {
  const { person, workspaceId, token, client } = await busyPerson()
  const { viewer } = await ask<{ viewer: { personalData: Record<string, unknown> } }>(
    client,
    '{ viewer { personalData } }',
  )
  expect(viewer.personalData).toMatchObject({
    profile: { id: person.id, name: person.name, email: person.email },
    accounts: [{ providerId: 'credential' }],
    sessions: [{ id: person.sessionId }],
    memberships: [{ workspaceId, role: 'EDITOR' }],
    apiTokens: [{ id: token.id, name: 'robot' }],
    invitations: [{ email: person.email }],
    auditEvents: [{ action: 'SIGNED_IN', ipAddress: '192.0.2.7' }],
    made: { bookshelves: 1, books: 0, media: 0 },
  })
  const text = JSON.stringify(viewer.personalData)
  for (const secret of ['secret-hash', person.token, 'secretHash', 'password'])
    expect(text).not.toContain(secret)
  expect((await api.client(token.headers).send('{ viewer { personalData } }')).errors[0]).toMatchObject({
    extensions: { code: 'FORBIDDEN' },
  })
  expect(await ask(open.client(), '{ viewer { personalData } }')).toEqual({ viewer: { personalData: null } })
  expect(await remove(open.client(), 'deleteViewer', { confirmEmail: 'a@example.org' })).toMatchObject({
    __typename: 'SignInDisabled',
  })
})
