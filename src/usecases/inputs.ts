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

/** The columns that every change of a row sets. */
export const changed = (ctx: Ctx) => ({ version: { increment: 1 }, updatedAt: ctx.now() })

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
