import type { Ctx } from './context.ts'

/** Fields of an input that may be left out or null. */
export type Optional<Fields> = { readonly [Name in keyof Fields]?: Fields[Name] | null | undefined }

export interface Keyed {
  readonly idempotencyKey?: string | null | undefined
}

export interface Expecting {
  readonly expectedVersion?: number | null | undefined
}

/** The `where` of one row; without the workspace there is none. */
export const primaryKey = ({ workspaceId, id }: { workspaceId: string; id: string }) => ({
  workspaceId_id: { workspaceId, id },
})

/** The columns that every change of a row sets. */
export const changed = (ctx: Ctx) => ({ version: { increment: 1 }, updatedAt: ctx.now() })

/** The given fields: those left out stay as they are. Null stays null. */
export function given<Fields extends object>(fields: Fields) {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Fields]?: Exclude<Fields[Name], undefined>
  }
}
