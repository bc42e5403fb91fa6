import type { Written } from '../db/changes.ts'
import { sortKey } from '../domain/sort-key.ts'
import type { Ctx } from './context.ts'

/** Input fields that may be omitted or null. */
export type Optional<Fields> = { readonly [Name in keyof Fields]?: Fields[Name] | null | undefined }

export interface Keyed {
  readonly idempotencyKey?: string | null | undefined
}

export interface Expecting {
  readonly expectedVersion?: number | null | undefined
}

/** The `where` of one row, which always includes the workspace. */
export const primaryKey = ({ workspaceId, id }: { workspaceId: string; id: string }) => ({
  workspaceId_id: { workspaceId, id },
})

/** The time and actor of what is written now. */
export const writtenNow = (ctx: Ctx): Written => ({ at: ctx.now(), by: ctx.actor.id })

/** The columns of a new item that say when and by whom it was created. */
export function created(ctx: Ctx) {
  const { at, by } = writtenNow(ctx)
  return { createdAt: at, updatedAt: at, createdBy: by, updatedBy: by }
}

/** The columns that every change of an item sets. */
export function changed(ctx: Ctx) {
  const { at, by } = writtenNow(ctx)
  return { version: { increment: 1 }, updatedAt: at, updatedBy: by }
}

/** Only the fields that were given, so that omitted ones stay unchanged. Null stays null. */
export function given<Fields extends object>(fields: Fields) {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Fields]?: Exclude<Fields[Name], undefined>
  }
}

/** A new name with what lists sort it by; nothing if it stays as it is. Writes to `name` go through this. */
export const named = <Name extends string | undefined>(name: Name) => ({ name, ...sorted(name) })

/** The same for a title. */
export const titled = <Title extends string | undefined>(title: Title) => ({ title, ...sorted(title) })

const sorted = <Text extends string | undefined>(text: Text) =>
  ({ sortKey: text === undefined ? undefined : sortKey(text) }) as { readonly sortKey: Text }
