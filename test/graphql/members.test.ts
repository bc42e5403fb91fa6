import { expect, test } from 'vitest'
import { defaultWorkspaceId } from '../../src/domain/access.ts'
import { ask, useApi } from '../support/api.ts'
import { buildCtx } from '../support/builders.ts'
import type { Client } from '../support/client.ts'
import { useDatabase } from '../support/database.ts'
import { buildPerson, buildToken, makeMember } from '../support/people.ts'

const database = useDatabase()
const api = useApi(database, { signIn: true })
const open = useApi(database)

/** A workspace with its owner, and clients of its members. */
async function team() {
  const { workspaceId } = (await buildCtx(database.db)).actor
  const join = async (name: string, role: 'OWNER' | 'EDITOR' | 'VIEWER') => {
    const person = await buildPerson(database.db, { name })
    await makeMember(database.db, workspaceId, person, role)
    return { ...person, client: api.client({ ...person.headers, 'x-workspace-id': workspaceId }) }
  }
  return { workspaceId, join, owner: await join('Olga', 'OWNER') }
}

type Input = Record<string, unknown>
interface Done {
  readonly done: { readonly __typename: string } & Record<string, unknown>
}

const mutate = async (client: Client, name: string, input: Input, fields = '') => {
  const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input!`
  const document = `mutation ($input: ${type}) { done: ${name}(input: $input) {
    __typename ... on Failure { message } ${fields} } }`
  return (await ask<Done>(client, document, { input })).done
}

const list =
  'query ($where: MemberWhere, $orderBy: MemberOrder) { members(where: $where, orderBy: $orderBy) { nodes { person { id } email role } totalCount } }'
interface Listed {
  readonly members: {
    readonly nodes: { person: { id: string }; email: string | null; role: string }[]
    readonly totalCount: number
  }
}
const listed = async (client: Client, where: Input = {}, orderBy?: Input) =>
  (await ask<Listed>(client, list, { where, ...(orderBy ? { orderBy } : {}) })).members

test('members are listed by name or time, filtered by role and text, with addresses for owners alone', async () => {
  const { owner, join } = await team()
  const [eva, bob] = [await join('Eva', 'EDITOR'), await join('bob', 'VIEWER')]
  const all = await listed(owner.client)
  expect(all.nodes.map(({ person }) => person.id)).toEqual([bob.id, eva.id, owner.id])
  expect(all.totalCount).toBe(3)
  expect(all.nodes.map(({ email }) => email)).toEqual([bob.email, eva.email, owner.email])
  const seen = await listed(bob.client, {}, { field: 'SINCE', direction: 'DESC' })
  expect(seen.nodes.map(({ person }) => person.id)).toEqual([bob.id, eva.id, owner.id])
  expect(seen.nodes.map(({ email }) => email)).toEqual([bob.email, null, null])
  const ids = async (client: Client, where: Input) =>
    (await listed(client, where)).nodes.map(({ person }) => person.id)
  expect(await ids(bob.client, { roles: ['OWNER', 'EDITOR'] })).toEqual([eva.id, owner.id])
  expect(await ids(bob.client, { text: 'EV' })).toEqual([eva.id])
  expect(await ids(bob.client, { text: 'a\0' })).toEqual([])
  // Whoever may not see an address cannot find out by searching either.
  expect(await ids(bob.client, { text: eva.email })).toEqual([])
  expect(await ids(owner.client, { text: eva.email })).toEqual([eva.id])
})

test('members are read page by page in both orders', async () => {
  const { owner, join } = await team()
  for (const name of ['a', 'B', 'c', 'b']) await join(name, 'VIEWER')
  for (const field of ['NAME', 'SINCE']) {
    const whole = (await listed(owner.client, {}, { field })).nodes.map(({ person }) => person.id)
    const read: string[] = []
    for (let after: string | null = ''; after !== null;) {
      const data: {
        members: {
          nodes: { person: { id: string } }[]
          pageInfo: { hasNextPage: boolean; endCursor: string }
        }
      } = await ask(
        owner.client,
        `query ($after: String) { members(first: 2, after: $after, orderBy: { field: ${field} }) {
          nodes { person { id } } pageInfo { hasNextPage endCursor } } }`,
        { after },
      )
      read.push(...data.members.nodes.map(({ person }) => person.id))
      after = data.members.pageInfo.hasNextPage ? data.members.pageInfo.endCursor : null
    }
    expect(whole).toHaveLength(5)
    expect(read).toEqual(whole)
  }
})

test('a role changes at once, at the expected version only', async () => {
  const { owner, join } = await team()
  const eva = await join('Eva', 'EDITOR')
  const write = 'mutation { createBookshelf(input: { name: "A" }) { __typename } }'
  expect((await eva.client.send(write)).errors).toEqual([])
  const change = { personId: eva.id, role: 'VIEWER', expectedVersion: 1 }
  expect(
    await mutate(
      owner.client,
      'updateMember',
      change,
      '... on UpdateMemberSuccess { member { role version } }',
    ),
  ).toEqual({ __typename: 'UpdateMemberSuccess', member: { role: 'VIEWER', version: 2 } })
  expect((await eva.client.send(write)).errors[0]).toMatchObject({ extensions: { code: 'FORBIDDEN' } })
  expect(await mutate(owner.client, 'updateMember', change)).toMatchObject({ __typename: 'MemberChanged' })
  for (const personId of ['nonsense', (await buildPerson(database.db)).id])
    expect(await mutate(owner.client, 'updateMember', { personId, role: 'VIEWER' })).toMatchObject({
      __typename: 'NotFound',
    })
  const refused = await eva.client.send(
    `mutation { updateMember(input: { personId: "${eva.id}", role: OWNER }) { __typename } }`,
  )
  expect(refused.errors[0]).toMatchObject({ extensions: { code: 'FORBIDDEN' } })
})

test('a removed member is out at once, with their tokens and invitations', async () => {
  const { workspaceId, owner, join } = await team()
  const other = await join('Otto', 'OWNER')
  const token = await buildToken(database.db, workspaceId, other, 'ADMIN')
  const made = await mutate(
    other.client,
    'createInvitation',
    { role: 'OWNER' },
    '... on CreateInvitationSuccess { link }',
  )
  expect(await mutate(owner.client, 'removeMember', { personId: other.id })).toEqual({
    __typename: 'RemoveMemberSuccess',
  })
  expect((await other.client.send('{ workspace { id } }')).errors[0]).toMatchObject({
    extensions: { code: 'WORKSPACE_REQUIRED' },
  })
  const used = await fetch(`${api.url}/graphql`, {
    method: 'POST',
    headers: { ...token.headers, 'content-type': 'application/json' },
    body: '{"query":"{ workspace { id } }"}',
  })
  expect(used.status).toBe(401)
  // Nor can they come back: not by their own invitation, nor does a new membership revive the token.
  const back = api.client(other.headers)
  const secret = String(made['link']).split('/').at(-1)
  expect(await mutate(back, 'acceptInvitation', { secret })).toMatchObject({
    __typename: 'InvitationInvalid',
  })
  await makeMember(database.db, workspaceId, other, 'VIEWER')
  expect((await fetch(`${api.url}/graphql`, { method: 'POST', headers: token.headers })).status).toBe(401)
  expect(await mutate(owner.client, 'removeMember', { personId: 'nonsense' })).toMatchObject({
    __typename: 'NotFound',
  })
})

test('the last owner cannot go; a workspace is handed over by making another owner first', async () => {
  const { workspaceId, owner, join } = await team()
  const eva = await join('Eva', 'EDITOR')
  const lastOwner = { __typename: 'LastOwner', workspaceIds: [workspaceId] }
  const which = '... on LastOwner { workspaceIds }'
  const attempts: [string, Input][] = [
    ['updateMember', { personId: owner.id, role: 'EDITOR' }],
    ['removeMember', { personId: owner.id }],
    ['leaveWorkspace', { workspaceId }],
  ]
  for (const [name, input] of attempts)
    expect(await mutate(owner.client, name, input, which)).toMatchObject(lastOwner)
  await mutate(owner.client, 'updateMember', { personId: eva.id, role: 'OWNER' })
  const viewer = '... on LeaveWorkspaceSuccess { viewer { memberships { totalCount } } }'
  expect(await mutate(owner.client, 'leaveWorkspace', { workspaceId }, viewer)).toMatchObject({
    viewer: { memberships: { totalCount: 0 } },
  })
  // From no workspace too; a second time there is nothing to leave.
  const outside = api.client(owner.headers)
  expect(await mutate(outside, 'leaveWorkspace', { workspaceId })).toMatchObject({ __typename: 'NotFound' })
  expect(await mutate(outside, 'leaveWorkspace', { workspaceId: 'nonsense' })).toMatchObject({
    __typename: 'NotFound',
  })
  expect(await mutate(eva.client, 'leaveWorkspace', { workspaceId }, which)).toMatchObject(lastOwner)
})

test('an owner who becomes something else loses their open invitations', async () => {
  const { workspaceId, owner, join } = await team()
  const other = await join('Otto', 'OWNER')
  await mutate(other.client, 'createInvitation', { role: 'OWNER' })
  await mutate(owner.client, 'createInvitation', { role: 'VIEWER' })
  await mutate(owner.client, 'updateMember', { personId: other.id, role: 'EDITOR' })
  const rows = await database.db.prisma.invitation.findMany({ where: { workspaceId } })
  expect(rows.map(({ createdBy, revokedAt }) => [createdBy, revokedAt !== null]).sort()).toEqual(
    [
      [other.id, true],
      [owner.id, false],
    ].sort(),
  )
})

test('where people do not sign in, there are no members to change', async () => {
  const member = { personId: '01900000-0000-7000-8000-0000000000ff' }
  const disabled = { __typename: 'SignInDisabled' }
  expect(await mutate(open.client(), 'updateMember', { ...member, role: 'OWNER' })).toMatchObject(disabled)
  expect(await mutate(open.client(), 'removeMember', member)).toMatchObject(disabled)
  expect(await mutate(open.client(), 'createInvitation', { role: 'OWNER' })).toMatchObject(disabled)
  expect(await mutate(open.client(), 'leaveWorkspace', { workspaceId: defaultWorkspaceId })).toMatchObject(
    disabled,
  )
  expect(await listed(open.client())).toEqual({ nodes: [], totalCount: 0 })
})

test('a person owns the workspace that they create; plan, quota and other workspaces are for operators', async () => {
  const { workspaceId, owner } = await team()
  const created = await mutate(
    owner.client,
    'createWorkspace',
    { name: 'Mine' },
    '... on CreateWorkspaceSuccess { workspace { id retentionDays } }',
  )
  const { id } = created['workspace'] as { id: string }
  expect(created['workspace']).toMatchObject({ retentionDays: 30 })
  const there = api.client({ ...owner.headers, 'x-workspace-id': id })
  expect(await ask(there, '{ viewer { role } }')).toEqual({ viewer: { role: 'OWNER' } })

  const update = (client: Client, input: Input) =>
    mutate(
      client,
      'updateWorkspace',
      input,
      '... on UpdateWorkspaceSuccess { workspace { name plan retentionDays } }',
    )
  expect(await update(owner.client, { name: 'Ours', retentionDays: 90 })).toMatchObject({
    workspace: { name: 'Ours', retentionDays: 90 },
  })
  expect(await update(owner.client, { retentionDays: null })).toMatchObject({
    workspace: { retentionDays: 30 },
  })
  for (const retentionDays of [0, 3651])
    expect(await update(owner.client, { retentionDays })).toMatchObject({ __typename: 'InvalidInput' })
  for (const input of ['plan: TEAM', 'quotaBytes: "1"', 'quotaBytes: null']) {
    const { errors } = await owner.client.send(
      `mutation { updateWorkspace(input: { ${input} }) { __typename } }`,
    )
    expect(errors[0]).toMatchObject({ extensions: { code: 'FORBIDDEN' } })
  }
  // Another workspace of theirs is another one, too.
  expect(await update(owner.client, { workspaceId: id, name: 'A' })).toMatchObject({ __typename: 'NotFound' })

  const operator = await buildPerson(database.db)
  await makeMember(database.db, defaultWorkspaceId, operator, 'OWNER')
  const operating = api.client(operator.headers)
  expect(await update(operating, { workspaceId, plan: 'TEAM' })).toMatchObject({
    workspace: { name: 'Ours', plan: 'TEAM' },
  })
  const missing = '01900000-0000-7000-8000-0000000000ff'
  for (const unknown of [missing, 'nonsense'])
    expect(await update(operating, { workspaceId: unknown, name: 'A' })).toMatchObject({
      __typename: 'NotFound',
    })
  const all = await ask<{ admin: { workspaces: { nodes: { id: string }[] } } }>(
    operating,
    '{ admin { workspaces(last: 100) { nodes { id } } } }',
  )
  expect(all.admin.workspaces.nodes.map((workspace) => workspace.id)).toEqual(
    expect.arrayContaining([defaultWorkspaceId, workspaceId, id]),
  )
  expect((await owner.client.send('{ admin { workspaces { nodes { id } } } }')).errors[0]).toMatchObject({
    extensions: { code: 'FORBIDDEN' },
  })
})
