import type { Db } from '../db/client.ts'
import { isUuid } from '../domain/text.ts'

class NoSuchWorkspace extends Error {
  readonly expected = true
}

/**
 * The live workspaces of a command: all, or the one that was named, which must exist. Nothing is removed or made in
 * those in the trash. A command that also purges these accepts the name of `any`, for which there is none.
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
  const isKnown =
    workspaces.length > 0 || (accepted === 'any' && (await prisma.workspace.count({ where: id })) > 0)
  if (only !== undefined && !isKnown)
    throw new NoSuchWorkspace(`There is no live workspace ${only}. See them with: npm run cli -- workspaces`)
  return workspaces
}

/** The workspaces of a check, also those in the trash. One whose rows are being removed cannot be consistent. */
export const checkedWorkspaces = ({ prisma }: Db) =>
  prisma.workspace.findMany({ where: { purgedAt: null }, orderBy: { id: 'asc' } })
