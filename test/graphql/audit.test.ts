import { hashPassword } from 'better-auth/crypto'
import { beforeAll, expect, test } from 'vitest'
import { transact } from '../../src/db/client.ts'
import { putMember } from '../../src/db/people/members.ts'
import { insertUser } from '../../src/db/people/users.ts'
import { defaultWorkspaceId, type Role } from '../../src/domain/access.ts'
import { auditActions } from '../../src/domain/audit.ts'
import { record } from '../../src/usecases/audit.ts'
import { newId } from '../../src/usecases/context.ts'
import { registerByInvitation } from '../../src/usecases/people/invitations.ts'
import { hashOf, newSecret } from '../../src/usecases/people/secrets.ts'
import { forgetAuditEvents } from '../../src/usecases/people/audit.ts'
import { ask, useApi } from '../support/api.ts'
import { buildBlock, buildCtx, removeTemporaryFolders, succeeded } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { trashItem } from '../../src/usecases/trash/trash.ts'
import { currentSchema } from '../support/schema.ts'

const database = useDatabase()
const api = useApi(database, { signIn: true })
const open = useApi(database)
removeTemporaryFolders()

const password = 'correct horse battery'
const opened = { passwordHash: '' }
beforeAll(async () => {
  opened.passwordHash = await hashPassword(password)
})

interface Event {
  readonly action: string
  readonly actor: { readonly id: string } | null
  readonly subjectId: string | null
  readonly workspaceId: string | null
  readonly ipAddress: string | null
  readonly details: readonly { readonly name: string; readonly value: string }[]
}

const fields = 'action actor { id } subjectId workspaceId ipAddress details { name value }'

/** The newest events about a subject, as an operator sees them. */
async function eventsAbout(subjectId: string): Promise<Event[]> {
  const query = `query ($id: ID) { admin { audit(where: { subjectId: $id }) { nodes { ${fields} } } } }`
  const answer = await ask<{ admin: { audit: { nodes: Event[] } } }>(open.client(), query, { id: subjectId })
  return answer.admin.audit.nodes
}

async function person(workspaceId: string, role: Role) {
  const [id, createdAt] = [newId(), new Date()]
  const email = `${id}@example.org`
  const { passwordHash } = opened
  await transact(database.db, async (tx) => {
    await insertUser(tx, { id, name: 'Ada', email, passwordHash, createdAt }, newId())
    await putMember(tx, { workspaceId, userId: id, role }, createdAt)
  })
  return { id, email }
}

/** Sends a request below `/auth`. */
const auth = (path: string, body: object, headers: Record<string, string> = {}) =>
  fetch(`${api.url}/auth${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: api.url, ...headers },
    body: JSON.stringify(body),
  })

const cookieOf = (response: Response) => response.headers.getSetCookie()[0]?.split(';')[0] ?? ''

test('the schema names every action that is recorded', () => {
  const type = currentSchema().getType('AuditAction')
  const names = type && 'getValues' in type ? type.getValues().map(({ name }) => name) : []
  expect(names.sort()).toEqual([...auditActions].sort())
})

test('signing in, failing to, changing the password and signing out are recorded', async () => {
  const { id, email } = await person(defaultWorkspaceId, 'OWNER')
  expect((await auth('/sign-in/email', { email, password: 'wrong password' })).status).toBe(401)
  const cookie = cookieOf(await auth('/sign-in/email', { email, password }, { 'user-agent': 'Test' }))
  const other = cookieOf(await auth('/sign-in/email', { email, password }))
  const change = { currentPassword: password, newPassword: `${password}!`, revokeOtherSessions: true }
  const changed = await auth('/change-password', change, { cookie })
  expect(changed.status).toBe(200)
  expect(other).not.toBe(cookie)
  expect((await auth('/sign-out', {}, { cookie: cookieOf(changed) })).status).toBe(200)

  const events = (await eventsAbout(id)).reverse()
  const named = events.map(({ action, actor }) => [action, actor?.id ?? null])
  expect(named.slice(0, 3)).toEqual([
    ['SIGN_IN_FAILED', null],
    ['SIGNED_IN', id],
    ['SIGNED_IN', id],
  ])
  const rest = named.slice(3).map(([action]) => action)
  expect(rest.sort()).toEqual(['PASSWORD_CHANGED', 'SESSION_ENDED', 'SESSION_ENDED', 'SIGNED_OUT'])
  expect(events.every(({ ipAddress }) => ipAddress === '127.0.0.1')).toBe(true)
  expect(events[1]).toMatchObject({
    workspaceId: null,
    details: [
      { name: 'method', value: 'PASSWORD' },
      { name: 'userAgent', value: 'Test' },
    ],
  })
})

test('a failed sign-in with an unknown address does not keep the address', async () => {
  const count = () =>
    database.db.prisma.auditEvent.count({ where: { action: 'SIGN_IN_FAILED', subjectId: null } })
  const before = await count()
  await auth('/sign-in/email', { email: 'my-password-by-mistake@example.org', password })
  expect(await count()).toBe(before + 1)
  const { rows } = await database.db.pool.query<{ text: string }>(
    'select e::text as text from audit_events e',
  )
  expect(rows.filter(({ text }) => text.includes('my-password'))).toEqual([])
})

test('owners read the trail of their workspace, others none, and nobody that of another', async () => {
  const [mine, other] = [await buildCtx(database.db), await buildCtx(database.db)]
  const { workspaceId } = mine.actor
  await record(mine, database.db, { action: 'MEMBER_ADDED', subjectId: newId() })
  await record(other, database.db, { action: 'MEMBER_REMOVED', subjectId: newId() })
  const query = '{ workspace { audit { totalCount nodes { action } } } }'
  const asked = async (role: Role) => {
    const { email } = await person(workspaceId, role)
    const cookie = cookieOf(await auth('/sign-in/email', { email, password }))
    return api.client({ cookie })
  }
  const owner = await asked('OWNER')
  expect((await owner.send(query)).data).toEqual({
    workspace: { audit: { totalCount: 1, nodes: [{ action: 'MEMBER_ADDED' }] } },
  })
  const filtered = `{ workspace { audit(where: { workspaceId: "${other.actor.workspaceId}" }) { totalCount } } }`
  expect((await owner.send(filtered)).data).toEqual({ workspace: { audit: { totalCount: 0 } } })
  for (const [client, text] of [
    [await asked('EDITOR'), query],
    [owner, '{ admin { audit { totalCount } } }'],
  ] as const)
    expect((await client.send(text)).errors[0]).toMatchObject({ extensions: { code: 'FORBIDDEN' } })
})

test('the trail of a listed workspace is not read with the role of another', async () => {
  await open.workspace()
  const answer = await open.client().send('{ workspaces(last: 1) { nodes { audit { totalCount } } } }')
  expect(answer.errors[0]).toMatchObject({ extensions: { code: 'FORBIDDEN' } })
})

test('an invitation that is accepted, the new person and the membership are recorded', async () => {
  const at = new Date()
  const { workspaceId } = (await buildCtx(database.db)).actor
  const [id, secret] = [newId(), newSecret()]
  await database.db.prisma.invitation.create({
    data: {
      ...{ workspaceId, id, role: 'EDITOR', createdBy: 'owner', createdAt: at },
      secretHash: Uint8Array.from(hashOf(secret)),
      expiresAt: new Date(at.getTime() + 60_000),
    },
  })
  const services = { db: database.db, now: () => new Date() }
  const given = { name: 'Eve', email: `${id}@example.org`, password }
  const { userId } = succeeded(await registerByInvitation(services, secret, given))
  expect((await eventsAbout(id)).map(({ action, actor }) => [action, actor?.id])).toEqual([
    ['INVITATION_ACCEPTED', userId],
  ])
  const about = await eventsAbout(userId)
  expect(about.map(({ action, workspaceId: where }) => [action, where]).sort()).toEqual([
    ['MEMBER_ADDED', workspaceId],
    ['USER_CREATED', null],
  ])
})

test('events are filtered and paged by time', async () => {
  const ctx = await buildCtx(database.db)
  const client = open.client({ 'x-workspace-id': ctx.actor.workspaceId })
  const start = Date.now()
  for (const [index, action] of (['MEMBER_ADDED', 'MEMBER_UPDATED', 'MEMBER_REMOVED'] as const).entries())
    await record({ ...ctx, now: () => new Date(start + index) }, database.db, { action, subjectId: 'x' })
  const query = `query ($where: AuditEventWhere, $after: String) {
    workspace { audit(first: 2, after: $after, where: $where) { nodes { action } pageInfo { endCursor hasNextPage } } } }`
  interface Page {
    readonly nodes: readonly { readonly action: string }[]
    readonly pageInfo: { readonly endCursor: string; readonly hasNextPage: boolean }
  }
  const page = async (where: object, after?: string) => {
    const { workspace } = await ask<{ workspace: { audit: Page } }>(client, query, { where, after })
    return { ...workspace.audit.pageInfo, actions: workspace.audit.nodes.map(({ action }) => action) }
  }
  const first = await page({})
  expect(first).toMatchObject({ actions: ['MEMBER_REMOVED', 'MEMBER_UPDATED'], hasNextPage: true })
  expect(await page({}, first.endCursor)).toMatchObject({ actions: ['MEMBER_ADDED'], hasNextPage: false })
  const since = new Date(start + 1).toISOString()
  for (const [where, actions] of [
    [{ actions: ['MEMBER_ADDED'] }, ['MEMBER_ADDED']],
    [{ occurredBefore: since }, ['MEMBER_ADDED']],
    [{ occurredSince: since, actorId: 'owner', subjectId: 'x' }, ['MEMBER_REMOVED', 'MEMBER_UPDATED']],
    [{ actorId: 'somebody' }, []],
    [{ subjectId: 'a\0b' }, []],
  ] as const)
    expect((await page(where)).actions).toEqual(actions)
})

test('a purge is recorded with who asked for it and how much it removed', async () => {
  const { ctx, client } = await open.workspace()
  const block = await buildBlock(ctx)
  const { id } = succeeded(await trashItem(ctx, { kind: 'BLOCK', id: block.id })).deletion
  const purge = 'mutation ($id: ID!) { purgeDeletion(input: { deletionId: $id }) { __typename } }'
  await ask(client, purge, { id })
  expect(await eventsAbout(id)).toMatchObject([
    {
      action: 'DELETION_PURGED',
      actor: { id: 'owner' },
      workspaceId: ctx.actor.workspaceId,
      details: [
        { name: 'kind', value: 'BLOCK' },
        { name: 'itemCount', value: '1' },
      ],
    },
  ])
})

test('events are removed when their retention is over', async () => {
  const ctx = await buildCtx(database.db)
  const daysAgo = (days: number) => ({ ...ctx, now: () => new Date(Date.now() - days * 24 * 60 * 60 * 1000) })
  const [old, kept] = [newId(), newId()]
  await record(daysAgo(401), database.db, { action: 'SIGNED_IN', subjectId: old })
  await record(daysAgo(399), database.db, { action: 'SIGNED_IN', subjectId: kept })
  const services = { ...ctx, now: () => new Date(), databaseNow: () => Promise.resolve(new Date()) }
  expect(await forgetAuditEvents(services)).toBe(1)
  expect([await eventsAbout(old), await eventsAbout(kept)]).toMatchObject([[], [{ action: 'SIGNED_IN' }]])
})
