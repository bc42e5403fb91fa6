import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { App } from '../../../src/app.ts'
import {
  addToWorkspace,
  createUser,
  exportUser,
  listMembers,
  listUsers,
  removeFromWorkspace,
  removeUser,
  resetPassword,
} from '../../../src/cli/people.ts'
import { readConfig } from '../../../src/config.ts'
import { acceptInvitation } from '../../../src/usecases/people/invitations.ts'
import { createPerson, setPassword } from '../../../src/usecases/people/operate-people.ts'
import { systemActor } from '../../../src/usecases/context.ts'
import { defaultWorkspaceId } from '../../../src/domain/access.ts'
import { buildCtx, removeTemporaryFolders, succeeded } from '../../support/builders.ts'
import { useDatabase } from '../../support/database.ts'
import { buildPerson, makeMember } from '../../support/people.ts'

const database = useDatabase()
removeTemporaryFolders()

const printed: string[] = []
beforeEach(() => {
  for (const name of ['log', 'error'] as const)
    vi.spyOn(console, name).mockImplementation((line: unknown) => void printed.push(String(line)))
})
afterEach(() => {
  vi.restoreAllMocks()
  printed.length = 0
})

async function team() {
  const ctx = await buildCtx(database.db)
  const config = readConfig({ PUBLIC_URL: 'https://library.example' })
  const close = () => Promise.resolve()
  const app: App = { config, services: ctx, log: ctx.log, migrated: [], close, kill: close }
  return { app, ctx, workspace: ctx.actor.workspaceId }
}

test('users create prints a link that makes that person a member', async () => {
  const { app, ctx, workspace } = await team()
  expect(await createUser(app, { email: 'New@Example.org', workspace, role: 'viewer' })).toBe(true)
  const link = printed.at(-1) ?? ''
  expect(link).toMatch(/^https:\/\/library\.example\/invitations\/[\w-]{43}$/)
  const person = await buildPerson(database.db, { email: 'new@example.org' })
  succeeded(await acceptInvitation(ctx, link.split('/').at(-1) ?? '', person.id))
  const where = { workspaceId: workspace, userId: person.id }
  expect(await database.db.prisma.member.findFirst({ where })).toMatchObject({ role: 'VIEWER' })
  // Somebody has the address now.
  expect(await createUser(app, { email: 'new@example.org', workspace })).toBe(false)
  expect(await createUser(app, { email: 'other@example.org', workspace, role: 'king' })).toBe(false)
  await expect(createUser(app, { email: 'other@example.org', workspace: 'nonsense' })).rejects.toThrow(
    'There is no workspace nonsense.',
  )
})

test('an operator adds a person with a password, and sets another one, which ends the sessions', async () => {
  const { ctx } = await team()
  const operator = { ...ctx, actor: systemActor(defaultWorkspaceId) }
  const person = { name: 'Ada', email: 'Ada@Example.org', password: 'correct horse battery' }
  const id = succeeded(await createPerson(operator, person, 'EDITOR'))
  expect(await createPerson(operator, person, 'EDITOR')).toMatchObject({ __typename: 'EmailTaken' })
  expect(await createPerson(operator, { ...person, password: 'short' }, 'EDITOR')).toMatchObject({
    __typename: 'InvalidInput',
  })
  const { prisma } = database.db
  const passwordOf = async () => (await prisma.account.findFirst({ where: { userId: id } }))?.password
  const before = await passwordOf()
  const times = { createdAt: new Date(), updatedAt: new Date(), expiresAt: new Date(Date.now() + 60_000) }
  await prisma.session.create({ data: { id, userId: id, token: id, ...times } })
  succeeded(
    await setPassword(operator, { id, name: 'Ada', email: 'ada@example.org' }, 'another horse battery'),
  )
  expect(await passwordOf()).not.toBe(before)
  expect(await prisma.account.count({ where: { userId: id } })).toBe(1)
  expect(await prisma.session.count({ where: { userId: id } })).toBe(0)
})

test('users reset-password prints a link; users export prints what is stored', async () => {
  const { app } = await team()
  const person = await buildPerson(database.db)
  expect(await resetPassword(app, person.email, {})).toBe(true)
  expect(printed.at(-1)).toMatch(/^https:\/\/library\.example\/reset-password\?token=/)
  expect(await exportUser(app, person.email)).toBe(true)
  expect(JSON.parse(printed.at(-1) ?? '')).toMatchObject({ profile: { id: person.id } })
  for (const command of [resetPassword(app, 'nobody@example.org', {}), exportUser(app, 'nobody@example.org')])
    expect(await command).toBe(false)
})

test('members are added, listed and removed; the last owner stays', async () => {
  const { app, workspace } = await team()
  const [ada, bob] = [await buildPerson(database.db), await buildPerson(database.db)]
  expect(await addToWorkspace(app, ada.email, { workspace, role: 'owner' })).toBe(true)
  expect(await addToWorkspace(app, bob.email, { workspace })).toBe(true)
  // A member keeps their role.
  expect(await addToWorkspace(app, ada.email, { workspace, role: 'viewer' })).toBe(true)
  expect(await addToWorkspace(app, 'nobody@example.org', { workspace })).toBe(false)
  await listMembers(app, { workspace, json: true })
  expect(JSON.parse(printed.at(-1) ?? '')).toMatchObject([
    { email: ada.email, role: 'OWNER' },
    { email: bob.email, role: 'EDITOR' },
  ])
  expect(await removeFromWorkspace(app, bob.email, { workspace })).toBe(true)
  expect(await removeFromWorkspace(app, bob.email, { workspace })).toBe(false)
  expect(await removeFromWorkspace(app, ada.email, { workspace })).toBe(false)
})

test('users remove erases a person, the last owner only with a successor', async () => {
  const { app, workspace } = await team()
  const [ada, bob] = [await buildPerson(database.db), await buildPerson(database.db)]
  await makeMember(database.db, workspace, ada, 'OWNER')
  expect(await removeUser(app, ada.email, {})).toBe(false)
  expect(await removeUser(app, ada.email, { force: 'nobody@example.org' })).toBe(false)
  expect(await removeUser(app, ada.email, { force: bob.email })).toBe(true)
  expect(await removeUser(app, ada.email, {})).toBe(false)
  await listUsers(app, { json: true })
  const users = JSON.parse(printed.at(-1) ?? '') as { email: string; workspaces: number }[]
  expect(users.map(({ email }) => email)).not.toContain(ada.email)
  expect(users).toContainEqual(expect.objectContaining({ email: bob.email, workspaces: 1 }))
})
