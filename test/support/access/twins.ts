import { setImmediate as turn } from 'node:timers/promises'
import { beforeAll } from 'vitest'
import type { Db } from '../../../src/db/client.ts'
import { type QueryLimits, queryLimitSettings } from '../../../src/domain/query-limits.ts'
import { useApi } from '../api.ts'
import { buildCtx } from '../builders.ts'
import { Client } from '../client.ts'
import { useDatabase } from '../database.ts'
import { buildPerson, makeMember } from '../people.ts'
import { type Statement, statementsOf } from '../statements.ts'
import { fillWorkspace } from '../trash/full-workspace.ts'

/** The ID of a live row of each table of a workspace, and what else names something in it. */
export type Names = Readonly<Record<string, string>>

async function namesIn(db: Db, workspaceId: string): Promise<Names> {
  const { rows: tables } = await db.pool.query<{ name: string; trashed: boolean }>(
    `select table_name as name, bool_or(column_name = 'deletion_id') as trashed from information_schema.columns
     where table_schema = 'public' group by 1
     having bool_or(column_name = 'workspace_id') and bool_or(column_name = 'id' and data_type = 'uuid')`,
  )
  const names: Record<string, string> = { workspaces: workspaceId }
  for (const { name, trashed } of tables) {
    const live = trashed ? 'and deletion_id is null' : ''
    const text = `select id from ${name} where workspace_id = $1 ${live} order by id limit 1`
    const { rows } = await db.pool.query<{ id: string }>(text, [workspaceId])
    if (rows[0]) names[name] = rows[0].id
  }
  const one = async (name: string, text: string) => {
    const { rows } = await db.pool.query<{ value: string }>(text, [workspaceId])
    if (rows[0]) names[name] = rows[0].value
  }
  await one('users', 'select user_id as value from members where workspace_id = $1 order by 1 limit 1')
  await one('hash', 'select sha256 as value from blobs where workspace_id = $1 limit 1')
  await one('key', 'select storage_key as value from blobs where workspace_id = $1 limit 1')
  await one('text', 'select name as value from bookshelves where workspace_id = $1 limit 1')
  return names
}

type Headers = Record<string, string>

/**
 * Two servers, each over a database of its own. In both is one workspace with something in every table, the same to
 * the last bit. In the first there is a second full workspace, of other people, and in the second there is nothing else.
 */
export function useTwins() {
  const base = useDatabase()
  const opened: { ours?: Names; theirs?: Names; headers?: Headers; ofViewer?: Headers } = {}
  beforeAll(async () => {
    const ctx = await buildCtx(base.db)
    await fillWorkspace(ctx)
    const person = await buildPerson(base.db)
    await makeMember(base.db, ctx.actor.workspaceId, person, 'OWNER')
    const address = {
      id: ctx.requestId,
      workspaceId: ctx.actor.workspaceId,
      variant: undefined,
      trashed: false,
    }
    // Both servers sign with the same key.
    await ctx.mediaUrls.sign(address)
    opened.ours = await namesIn(base.db, ctx.actor.workspaceId)
    const viewer = await buildPerson(base.db)
    await makeMember(base.db, ctx.actor.workspaceId, viewer, 'VIEWER')
    opened.headers = person.headers
    opened.ofViewer = viewer.headers
    await base.end()
  })
  const databases = [
    useDatabase({ template: () => base.name }),
    useDatabase({ template: () => base.name }),
  ] as const
  const statements: Statement[] = []
  beforeAll(async () => {
    const ctx = await buildCtx(databases[0].db)
    statements.push(...(await statementsOf(() => fillWorkspace(ctx))))
    opened.theirs = await namesIn(databases[0].db, ctx.actor.workspaceId)
  })
  const most = Object.entries(queryLimitSettings).map(([name, { max }]) => [name, max])
  const queryLimits = Object.fromEntries(most) as QueryLimits
  const settings = { signIn: true, maxQueryCost: 1_000_000_000, queryLimits }
  const apis = [useApi(databases[0], settings), useApi(databases[1], settings)] as const

  const here = <Name extends keyof typeof opened>(name: Name): NonNullable<(typeof opened)[Name]> => {
    const value = opened[name]
    if (value === undefined) throw new Error('It is there from beforeAll on.')
    return value
  }
  return {
    get ours() {
      return here('ours')
    },
    get theirs() {
      return here('theirs')
    },
    /** The first server, and the second one, for an owner. */
    clients: () => apis.map(({ url }) => new Client(url, here('headers'))),
    viewer: () => new Client(apis[0].url, here('ofViewer')),
    /** The statements of the operations that filled the other workspace. */
    filling: statements,
    /** The database in which the other workspace is. */
    get shared() {
      return databases[0].db
    },
    log: () => apis.flatMap(({ log }) => log),
    /** Waits until no server asks its database any more: beside a field that failed, others are still read. */
    async settled() {
      const isBusy = ({ db: { pool } }: (typeof databases)[number]) =>
        pool.waitingCount > 0 || pool.idleCount < pool.totalCount
      for (let quiet = 0; quiet < 20; quiet += 1) {
        await turn()
        if (databases.some(isBusy)) quiet = 0
      }
    },
  }
}

/** A digest of every row of a workspace, by table. */
export async function digestOf(db: Db, workspaceId: string): Promise<Record<string, string>> {
  const { rows: tables } = await db.pool.query<{ name: string }>(
    `select table_name as name from information_schema.columns
     where table_schema = 'public' and column_name = 'workspace_id' order by 1`,
  )
  const parts = tables.map(
    ({ name }) =>
      `select '${name}' as name, md5(coalesce(string_agg(one::text, ';' order by one::text), '')) as digest
       from ${name} as one where workspace_id = $1`,
  )
  const whole = `${parts.join(' union all ')} union all
    select 'workspaces', md5(one::text) from workspaces as one where id = $1`
  const { rows } = await db.pool.query<{ name: string; digest: string }>(whole, [workspaceId])
  return Object.fromEntries(rows.map(({ name, digest }) => [name, digest]))
}

/** An answer without what each server makes by chance or by its clock. */
export function comparable(text: string): string {
  const ids: string[] = []
  return text
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, (id) => {
      if (!ids.includes(id)) ids.push(id)
      return `<id ${ids.indexOf(id)}>`
    })
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
    .replace(/\?s=[^"&]+/g, '?s=<signature>')
    .replace(/\bwl_[\w-]+/g, '<token>')
    .replace(/(files|thumbnails)\/\d+-[\w-]+/g, '$1/<key>')
    .replace(/http:\/\/127\.0\.0\.1:\d+/g, '<server>')
}
