import type { Db } from '../db/client.ts'
import { isUuid } from '../domain/text.ts'

class NoSuchWorkspace extends Error {
  readonly expected = true
}

/** The workspaces of a command: all, or the one that was named, which must exist. */
export async function workspacesNamed({ prisma }: Db, only: string | undefined) {
  const workspaces = await prisma.workspace.findMany({
    where: only === undefined ? {} : { id: isUuid(only) ? only : { in: [] } },
    orderBy: { id: 'asc' },
    select: { id: true, name: true },
  })
  if (only !== undefined && workspaces.length === 0)
    throw new NoSuchWorkspace(`There is no workspace ${only}.`)
  return workspaces
}
