import { expect, test } from 'vitest'
import { ask, useApi } from '../support/api.ts'
import { buildCtx } from '../support/builders.ts'
import type { Client } from '../support/client.ts'
import { useDatabase } from '../support/database.ts'
import { buildPerson, makeMember } from '../support/people.ts'

const database = useDatabase()
const api = useApi(database, { signIn: true, publicUrl: 'https://library.example' })

async function ownerOf() {
  const { workspaceId } = (await buildCtx(database.db)).actor
  const owner = await buildPerson(database.db, { name: 'Olga' })
  await makeMember(database.db, workspaceId, owner, 'OWNER')
  return { workspaceId, owner, client: api.client({ ...owner.headers, 'x-workspace-id': workspaceId }) }
}

type Input = Record<string, unknown>

const made = `mutation ($input: CreateInvitationInput!) { done: createInvitation(input: $input) {
  __typename
  ... on Failure { message }
  ... on CreateInvitationSuccess { invitation { id role email status createdBy { id } } link mail }
} }`
interface Made {
  readonly __typename: string
  readonly link: string
  readonly invitation: { readonly id: string }
}
const invite = async (client: Client, input: Input) => {
  const { done } = await ask<{ done: Made }>(client, made, { input })
  return { ...done, secret: done.link ? (done.link.split('/').at(-1) ?? '') : '' }
}

const accept = async (client: Client, secret: string) =>
  (
    await ask<{ done: { __typename: string } }>(
      client,
      `mutation ($secret: String!) { done: acceptInvitation(input: { secret: $secret }) {
        __typename ... on AcceptInvitationSuccess { membership { role workspace { id } } } } }`,
      { secret },
    )
  ).done
const revoke = async (client: Client, invitationId: string) =>
  (
    await ask<{ done: object }>(
      client,
      `mutation ($id: ID!) { done: revokeInvitation(input: { invitationId: $id }) {
        __typename ... on RevokeInvitationSuccess { invitation { status } } } }`,
      { id: invitationId },
    )
  ).done
const listed = async (client: Client, statuses?: string[]) =>
  (
    await ask<{ invitations: { nodes: { id: string; status: string }[]; totalCount: number } }>(
      client,
      `query ($where: InvitationWhere) { invitations(where: $where) {
        nodes { id status acceptedBy { id } } totalCount } }`,
      { where: statuses ? { statuses } : {} },
    )
  ).invitations

test('an invitation is a link that is shown once and makes one person a member', async () => {
  const { workspaceId, owner, client } = await ownerOf()
  const first = await invite(client, { role: 'EDITOR', idempotencyKey: 'once' })
  expect(first).toMatchObject({
    invitation: { role: 'EDITOR', email: null, status: 'OPEN', createdBy: { id: owner.id } },
    mail: 'OFF',
  })
  expect(first.link).toMatch(/^https:\/\/library\.example\/invitations\/[\w-]{43}$/)
  const again = await invite(client, { role: 'EDITOR', idempotencyKey: 'once' })
  expect(again).toMatchObject({ invitation: { id: first.invitation.id }, link: null, mail: 'OFF' })
  expect(await invite(client, { role: 'VIEWER', idempotencyKey: 'once' })).toMatchObject({
    __typename: 'IdempotencyKeyReused',
  })
  const stored = await database.db.pool.query<{ text: string }>(
    'select row_to_json(i)::text as text from invitations i where workspace_id = $1',
    [workspaceId],
  )
  expect(stored.rows.map(({ text }) => text).join()).not.toContain(first.secret)

  const guest = await buildPerson(database.db)
  const outside = api.client(guest.headers)
  const preview = `{ invitation(secret: "${first.secret}") { workspaceName role email invitedBy { id } } }`
  expect(await ask(outside, preview)).toEqual({
    invitation: { workspaceName: 'Test', role: 'EDITOR', email: null, invitedBy: { id: owner.id } },
  })
  expect(await accept(outside, first.secret)).toEqual({
    __typename: 'AcceptInvitationSuccess',
    membership: { role: 'EDITOR', workspace: { id: workspaceId } },
  })
  expect(await ask(outside, preview)).toEqual({ invitation: null })
  expect(await accept(api.client((await buildPerson(database.db)).headers), first.secret)).toEqual({
    __typename: 'InvitationInvalid',
  })
  expect(await listed(client)).toMatchObject({
    nodes: [{ status: 'ACCEPTED', acceptedBy: { id: guest.id } }],
    totalCount: 1,
  })
  expect(await revoke(client, first.invitation.id)).toMatchObject({ __typename: 'InvitationAccepted' })
  const actions = await database.db.prisma.auditEvent.findMany({
    where: { workspaceId },
    orderBy: { id: 'asc' },
  })
  expect(actions.map(({ action }) => action)).toEqual([
    'INVITATION_CREATED',
    'INVITATION_ACCEPTED',
    'MEMBER_ADDED',
  ])
})

test('an invitation for an address is accepted with that address alone', async () => {
  const { client } = await ownerOf()
  const [guest, other] = [await buildPerson(database.db), await buildPerson(database.db)]
  const { secret } = await invite(client, { role: 'VIEWER', email: ` ${guest.email.toUpperCase()} ` })
  expect(await accept(api.client(other.headers), secret)).toEqual({ __typename: 'InvitationForOther' })
  expect(await accept(api.client(guest.headers), secret)).toMatchObject({
    __typename: 'AcceptInvitationSuccess',
  })
})

test('a member who accepts a lower role keeps theirs', async () => {
  const { owner, client } = await ownerOf()
  const { secret } = await invite(client, { role: 'VIEWER' })
  expect(await accept(api.client(owner.headers), secret)).toMatchObject({ membership: { role: 'OWNER' } })
})

test('revoked and expired invitations cannot be accepted, and are listed as such', async () => {
  const { workspaceId, client } = await ownerOf()
  const [revoked, expired, lasting] = [
    await invite(client, { role: 'VIEWER' }),
    await invite(client, { role: 'VIEWER' }),
    await invite(client, { role: 'VIEWER' }),
  ]
  await database.db.prisma.invitation.updateMany({
    where: { workspaceId, id: expired.invitation.id },
    data: { expiresAt: new Date(0) },
  })
  for (let time = 0; time < 2; time += 1)
    expect(await revoke(client, revoked.invitation.id)).toMatchObject({ invitation: { status: 'REVOKED' } })
  const guest = api.client((await buildPerson(database.db)).headers)
  for (const { secret } of [revoked, expired])
    expect(await accept(guest, secret)).toEqual({ __typename: 'InvitationInvalid' })
  const statuses = async (given?: string[]) => (await listed(client, given)).nodes.map(({ status }) => status)
  expect((await statuses()).sort()).toEqual(['EXPIRED', 'OPEN', 'REVOKED'])
  const soonest =
    '{ invitations(orderBy: { field: EXPIRES_AT }, first: 1) { nodes { status } pageInfo { hasNextPage } } }'
  expect(await ask(client, soonest)).toEqual({
    invitations: { nodes: [{ status: 'EXPIRED' }], pageInfo: { hasNextPage: true } },
  })
  for (const status of ['EXPIRED', 'OPEN', 'REVOKED']) expect(await statuses([status])).toEqual([status])
  expect(await statuses(['ACCEPTED'])).toEqual([])
  expect(await statuses([])).toEqual([])
  const other = await ownerOf()
  expect(await revoke(other.client, lasting.invitation.id)).toMatchObject({ __typename: 'NotFound' })
  expect(await revoke(client, 'nonsense')).toMatchObject({ __typename: 'NotFound' })
})

test('wrong addresses and times are refused, and too many open invitations', async () => {
  const { workspaceId, client } = await ownerOf()
  const day = 24 * 60 * 60 * 1000
  for (const input of [
    { email: 'nobody' },
    { email: `${'a'.repeat(250)}@example.org` },
    { expiresAt: new Date(Date.now() - day) },
    { expiresAt: new Date(Date.now() + 31 * day) },
  ])
    expect(await invite(client, { role: 'VIEWER', ...input })).toMatchObject({ __typename: 'InvalidInput' })
  await database.db.pool.query(
    `insert into invitations (workspace_id, id, role, secret_hash, created_by, created_at, expires_at)
     select $1, gen_random_uuid(), 'VIEWER', sha256(gen_random_uuid()::text::bytea), 'x', now(), now() + interval '1 day'
     from generate_series(1, 99)`,
    [workspaceId],
  )
  const both = await Promise.all([invite(client, { role: 'VIEWER' }), invite(client, { role: 'VIEWER' })])
  expect(both.map(({ __typename }) => __typename).sort()).toEqual([
    'CreateInvitationSuccess',
    'TooManyInvitations',
  ])
})

test('editors and viewers neither invite nor see invitations', async () => {
  const { workspaceId } = await ownerOf()
  const editor = await buildPerson(database.db)
  await makeMember(database.db, workspaceId, editor, 'EDITOR')
  const client = api.client({ ...editor.headers, 'x-workspace-id': workspaceId })
  for (const operation of [
    '{ invitations { nodes { id } } }',
    'mutation { createInvitation(input: { role: VIEWER }) { __typename } }',
    'mutation { revokeInvitation(input: { invitationId: "a" }) { __typename } }',
  ])
    expect((await client.send(operation)).errors[0]).toMatchObject({ extensions: { code: 'FORBIDDEN' } })
})
