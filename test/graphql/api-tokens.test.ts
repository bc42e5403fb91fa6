import { crc32 } from 'node:zlib'
import { beforeAll, expect, test } from 'vitest'
import { transact } from '../../src/db/client.ts'
import { putMember } from '../../src/db/people/members.ts'
import { insertUser } from '../../src/db/people/users.ts'
import type { Role } from '../../src/domain/access.ts'
import { maxApiTokens } from '../../src/domain/api-tokens.ts'
import { type Ctx, newId } from '../../src/usecases/context.ts'
import { createApiToken } from '../../src/usecases/people/api-tokens.ts'
import { hashOf, newApiToken } from '../../src/usecases/people/secrets.ts'
import { useApi } from '../support/api.ts'
import { buildCtx, removeTemporaryFolders, succeeded } from '../support/builders.ts'
import type { Client } from '../support/client.ts'
import { useDatabase } from '../support/database.ts'

const database = useDatabase()
const api = useApi(database, { signIn: true })
const open = useApi(database)
removeTemporaryFolders()

/** A context of a new member of a new or given workspace, whose clock is that of the server. */
async function member(role: Role, workspaceId?: string): Promise<Ctx> {
  const built = await buildCtx(database.db)
  const actor = { id: newId(), workspaceId: workspaceId ?? built.actor.workspaceId, role }
  const createdAt = new Date()
  await transact(database.db, async (tx) => {
    const email = `${actor.id}@example.org`
    await insertUser(tx, { id: actor.id, name: 'Ada', email, passwordHash: 'none', createdAt }, newId())
    await putMember(tx, { ...actor, userId: actor.id }, createdAt)
  })
  return { ...built, actor, now: () => new Date() }
}

const tokenOf = async (ctx: Ctx, scope: 'READ' | 'WRITE' | 'ADMIN') => {
  const { apiToken, secret } = succeeded(await createApiToken(ctx, { name: scope, scope }))
  return { id: apiToken.id, client: api.client({ authorization: `Bearer ${secret}` }) }
}

const create = `mutation ($input: CreateApiTokenInput!) { createApiToken(input: $input) { __typename
  ... on Failure { message } ... on CreateApiTokenSuccess { secret apiToken { id scope state expiresAt lastUsedAt user { id } } } } }`
/** What the tests read of the answers. */
interface Answers {
  readonly createApiToken: {
    readonly secret: string | null
    readonly apiToken: { readonly id: string; readonly expiresAt: string }
  }
  readonly revokeApiToken: object
  readonly apiTokens: object
}

const send = async (client: Client, query: string, input?: object) =>
  (await client.send(query, { input })).data as Answers

const revoke = `mutation ($input: RevokeApiTokenInput!) { revokeApiToken(input: $input) { __typename
  ... on RevokeApiTokenSuccess { apiToken { state revokedAt } } } }`
const list = '{ apiTokens { totalCount nodes { id name state user { id } } } }'

const opened: { ctx?: Ctx } = {}
beforeAll(async () => {
  opened.ctx = await member('OWNER')
})
const owner = () => {
  if (!opened.ctx) throw new Error('It is there from beforeAll on.')
  return opened.ctx
}

test('a token is letters, digits and the prefix, and ends in the checksum of its random part', () => {
  const tokens = Array.from({ length: 100 }, newApiToken)
  expect(new Set(tokens).size).toBe(100)
  const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
  for (const token of tokens) {
    const [, random = '', checksum = ''] = /^wl_([A-Za-z0-9]{43})([A-Za-z0-9]{6})$/.exec(token) ?? []
    expect(Array.from(checksum).reduce((sum, digit) => sum * 62 + digits.indexOf(digit), 0)).toBe(
      crc32(random),
    )
  }
})

test('a token is shown once, works as its person until it is revoked, and only its hash is stored', async () => {
  const { client } = await tokenOf(owner(), 'ADMIN')
  const input = { name: 'Backup', scope: 'READ', idempotencyKey: newId() }
  const { createApiToken: made } = await send(client, create, input)
  expect(made).toMatchObject({
    __typename: 'CreateApiTokenSuccess',
    apiToken: { scope: 'READ', state: 'ACTIVE', lastUsedAt: null, user: { id: owner().actor.id } },
  })
  const { apiToken, secret } = made
  if (secret === null) throw new Error('It has a secret.')
  const days = (Date.parse(apiToken.expiresAt) - Date.now()) / (24 * 60 * 60 * 1000)
  expect(Math.round(days)).toBe(90)
  // The same request again, and the same key for another one.
  expect((await send(client, create, input)).createApiToken).toMatchObject({
    secret: null,
    apiToken: { id: apiToken.id },
  })
  const other = { ...input, scope: 'WRITE' }
  expect((await send(client, create, other)).createApiToken).toMatchObject({
    __typename: 'IdempotencyKeyReused',
  })

  const { rows } = await database.db.pool.query<{ text: string }>(
    `select t::text as text from api_tokens t union all select e::text from audit_events e
     union all select k::text from idempotency_keys k`,
  )
  expect(rows.filter(({ text }) => text.includes(secret))).toEqual([])
  const stored = await database.db.prisma.apiToken.findFirstOrThrow({ where: { id: apiToken.id } })
  expect(Buffer.from(stored.secretHash)).toEqual(hashOf(secret))

  const program = api.client({ authorization: `Bearer ${secret}` })
  expect((await program.send('{ workspace { id } }')).data).toEqual({
    workspace: { id: owner().actor.workspaceId },
  })
  const revoked = await send(client, revoke, { apiTokenId: apiToken.id })
  expect(revoked.revokeApiToken).toMatchObject({ apiToken: { state: 'REVOKED' } })
  expect(await send(client, revoke, { apiTokenId: apiToken.id })).toEqual(revoked)
  expect((await program.send('{ workspace { id } }')).status).toBe(401)
  const events = await database.db.prisma.auditEvent.findMany({ where: { subjectId: apiToken.id } })
  expect(events.map(({ action }) => action).sort()).toEqual(['API_TOKEN_CREATED', 'API_TOKEN_REVOKED'])
})

test('only a token with the scope ADMIN makes and revokes tokens', async () => {
  const { client, id } = await tokenOf(owner(), 'WRITE')
  for (const [query, input] of [
    [create, { name: 'Another', scope: 'READ' }],
    [revoke, { apiTokenId: id }],
  ] as const)
    expect((await client.send(query, { input })).errors[0]).toMatchObject({
      message: 'The scope WRITE of this token does not allow this.',
      extensions: { code: 'FORBIDDEN' },
    })
})

test.each([
  ['VIEWER', 'WRITE'],
  ['VIEWER', 'ADMIN'],
  ['EDITOR', 'ADMIN'],
] as const)('a %s makes no token with the scope %s', async (role, scope) => {
  const ctx = await member(role)
  expect(await createApiToken(ctx, { name: 'A', scope })).toMatchObject({
    __typename: 'InvalidInput',
    issues: [{ path: 'scope' }],
  })
  expect(await createApiToken(ctx, { name: 'A', scope: 'READ' })).toHaveProperty('secret')
})

test('a token does no more than the role of its person today', async () => {
  const ctx = await member('OWNER')
  const { client } = await tokenOf(ctx, 'ADMIN')
  const rename = 'mutation { updateWorkspace(input: { name: "New" }) { __typename } }'
  expect((await client.send(rename)).data).toEqual({
    updateWorkspace: { __typename: 'UpdateWorkspaceSuccess' },
  })
  await transact(database.db, (tx) =>
    putMember(tx, { ...ctx.actor, userId: ctx.actor.id, role: 'VIEWER' }, new Date()),
  )
  expect((await client.send(rename)).errors[0]).toMatchObject({ extensions: { code: 'FORBIDDEN' } })
  await database.db.prisma.member.deleteMany({ where: { userId: ctx.actor.id } })
  expect((await client.send('{ workspace { id } }')).status).toBe(401)
})

test.each([
  ['in the past', -1_000],
  ['in half a minute', 30_000],
  ['in 367 days', 367 * 24 * 60 * 60 * 1000],
  ['never', Number.POSITIVE_INFINITY],
])('a token does not expire %s', async (_case, ms) => {
  const expiresAt = new Date(Date.now() + ms)
  expect(await createApiToken(owner(), { name: 'A', scope: 'READ', expiresAt })).toMatchObject({
    __typename: 'InvalidInput',
    issues: [{ path: 'expiresAt' }],
  })
})

test('an expired token is refused and listed as expired', async () => {
  const ctx = await member('EDITOR')
  const { client, id } = await tokenOf(ctx, 'WRITE')
  await database.db.prisma.apiToken.updateMany({ where: { id }, data: { expiresAt: new Date() } })
  expect((await client.send('{ workspace { id } }')).status).toBe(401)
  const { client: other } = await tokenOf(ctx, 'READ')
  const expired = await other.send('{ apiTokens(where: { states: [EXPIRED] }) { nodes { id state } } }')
  expect(expired.data).toEqual({ apiTokens: { nodes: [{ id, state: 'EXPIRED' }] } })
})

test('people see and revoke their own tokens, and owners those of the workspace, and no other', async () => {
  const boss = await member('OWNER')
  const colleague = await member('EDITOR', boss.actor.workspaceId)
  const stranger = await tokenOf(await member('OWNER'), 'ADMIN')
  const [theirs, admin] = [await tokenOf(colleague, 'READ'), await tokenOf(boss, 'ADMIN')]
  expect((await send(theirs.client, list)).apiTokens).toMatchObject({
    totalCount: 1,
    nodes: [{ id: theirs.id, user: { id: colleague.actor.id } }],
  })
  expect((await send(admin.client, list)).apiTokens).toMatchObject({
    totalCount: 2,
    nodes: [{ id: admin.id }, { id: theirs.id }],
  })
  const filtered = `{ apiTokens(where: { userId: "${colleague.actor.id}" }) { nodes { id } } }`
  expect((await admin.client.send(filtered)).data).toEqual({ apiTokens: { nodes: [{ id: theirs.id }] } })
  for (const apiTokenId of [stranger.id, newId(), 'nonsense'])
    expect((await admin.client.send(revoke, { input: { apiTokenId } })).data).toEqual({
      revokeApiToken: { __typename: 'NotFound' },
    })
  expect((await admin.client.send(revoke, { input: { apiTokenId: theirs.id } })).data).toMatchObject({
    revokeApiToken: { __typename: 'RevokeApiTokenSuccess' },
  })
  expect((await send(stranger.client, list)).apiTokens).toMatchObject({ totalCount: 1 })
})

test('requests at once make no more tokens than permitted', async () => {
  const ctx = await member('EDITOR')
  const { rowCount } = await database.db.pool.query(
    `insert into api_tokens (workspace_id, id, user_id, name, scope, secret_hash, created_at, expires_at)
     select $1, gen_random_uuid(), $2, 'Old', 'READ', sha256(gen_random_uuid()::text::bytea), now(), now() + interval '1 day'
     from generate_series(1, $3)`,
    [ctx.actor.workspaceId, ctx.actor.id, maxApiTokens - 2],
  )
  expect(rowCount).toBe(maxApiTokens - 2)
  const made = await Promise.all(
    Array.from({ length: 5 }, () => createApiToken(ctx, { name: 'A', scope: 'READ' })),
  )
  expect(made.filter((one) => 'secret' in one)).toHaveLength(2)
  expect(made.filter((one) => '__typename' in one && one.__typename === 'TooManyApiTokens')).toHaveLength(3)
})

test('a use is written down once a minute', async () => {
  const { client, id } = await tokenOf(owner(), 'READ')
  const lastUsed = async () =>
    (await database.db.prisma.apiToken.findFirstOrThrow({ where: { id } })).lastUsedAt
  await client.send('{ workspace { id } }')
  await expect.poll(lastUsed).not.toBeNull()
  const first = await lastUsed()
  await client.send('{ workspace { id } }')
  expect(await lastUsed()).toEqual(first)
  const longAgo = new Date(Date.now() - 61_000)
  await database.db.prisma.apiToken.updateMany({ where: { id }, data: { lastUsedAt: longAgo } })
  await client.send('{ workspace { id } }')
  await expect.poll(lastUsed).not.toEqual(longAgo)
})

test('a request with a token neither waits for the note of its use nor fails with it', async () => {
  const { client, id } = await tokenOf(owner(), 'READ')
  const holder = await database.db.pool.connect()
  try {
    await holder.query('begin')
    await holder.query('select from api_tokens where id = $1 for update', [id])
    expect((await client.send('{ workspace { id } }')).status).toBe(200)
  } finally {
    await holder.query('rollback')
    holder.release()
  }
  const { pool } = database.db
  await pool.query('alter table api_tokens add constraint unused check (last_used_at is null) not valid')
  try {
    const { client: other } = await tokenOf(owner(), 'READ')
    for (let count = 0; count < 3; count += 1)
      expect((await other.send('{ workspace { id } }')).status).toBe(200)
  } finally {
    await pool.query('alter table api_tokens drop constraint unused')
  }
})

test('without sign-in, tokens are refused with the reason', async () => {
  const { client } = await open.workspace()
  expect((await send(client, create, { name: 'A', scope: 'READ' })).createApiToken).toMatchObject({
    __typename: 'SignInDisabled',
    message: expect.stringContaining('SIGN_IN=true') as string,
  })
  expect(await send(client, list)).toEqual({ apiTokens: { totalCount: 0, nodes: [] } })
})
