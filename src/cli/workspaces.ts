import type { Db } from '../db/client.ts'
import { isUuid } from '../domain/text.ts'

class NoSuchWorkspace extends Error {
  readonly expected = true
}

/**
 * The live workspaces of a command: all, or the one that was named, which must exist. Nothing is removed or made in
 * those in the trash. A command that also purges these accepts `any` name, and gets none for one in the
 * trash.
 */
export async function workspacesNamed(
  { prisma }: Db,
  only: string | undefined,
  accepted: 'live' | 'any' = 'live',
) {
  const id = only === undefined ? {} : { id: isUuid(only) ? only : { in: [] } }
  const workspaces = await prisma.workspace.findMany({
    where: { ...id, deletedAt: null },
    orderBy: { id: 'asc' },
    select: { id: true, name: true },
  })
  if (only === undefined || workspaces.length > 0) return workspaces
  if ((await prisma.workspace.count({ where: id })) === 0)
    throw new NoSuchWorkspace(`There is no workspace ${only}.`)
  if (accepted === 'any') return []
  throw new NoSuchWorkspace(
    `Workspace ${only} is in the trash. To bring it back, run: npm run cli -- workspaces restore ${only}`,
  )
}

/** The workspaces of a check, also those in the trash. One whose rows are being removed cannot be consistent. */
export const checkedWorkspaces = ({ prisma }: Db) =>
  prisma.workspace.findMany({ where: { purgedAt: null }, orderBy: { id: 'asc' } })
