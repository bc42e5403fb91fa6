import { expect, test } from 'vitest'
import { connectTo, queryDatabase, untilBlocking } from '../support/library/library.ts'
import { runToEnd } from '../support/processes.ts'
import { cleanUpServers, type RunningServer, startServer } from '../support/server.ts'

cleanUpServers()

const workspaceId = '01900000-0000-7000-8000-000000000001'

const idOf = (kind: number) => `lpad(to_hex(n), 8, '0') || '-000${kind}-7000-8000-000000000000'`

/** Puts books with so many blocks each into the trash of the default workspace, from `first` on. */
const trashBooks = (server: RunningServer, first: number, last: number, blocks: number, purgeAfter: string) =>
  queryDatabase(
    server,
    `with shelf as (insert into bookshelves (workspace_id, id, name, sort_key, position, created_at, updated_at, created_by, updated_by)
        select '${workspaceId}', gen_random_uuid(), 'Shelf', 'shelf', 'z${first}', now(), now(), 'owner', 'owner' returning *),
      made as (insert into deletions (workspace_id, id, kind, item_id, item_count, deleted_at, deleted_by, path, purge_after)
        select '${workspaceId}', (${idOf(7)})::uuid, 'BOOK', (${idOf(2)})::uuid, 1 + ${blocks}, now(), 'owner', '{}', ${purgeAfter}
        from generate_series(${first}, ${last}) n returning *),
      books as (insert into books (workspace_id, id, bookshelf_id, title, sort_key, position, created_at, updated_at, created_by, updated_by, deletion_id)
        select workspace_id, item_id, (select id from shelf), 'Book', 'book', 'a' || item_id, now(), now(), 'owner', 'owner', id from made returning *)
    insert into blocks (workspace_id, id, book_id, content, position, created_at, updated_at, created_by, updated_by, written_at, written_by, deletion_id)
      select workspace_id, gen_random_uuid(), id, 'Text', 'a' || m, now(), now(), 'owner', 'owner', now(), 'owner', deletion_id
      from books, generate_series(1, ${blocks}) m`,
  )

const count = async (server: RunningServer, table: string) =>
  (await queryDatabase<{ count: number }>(server, `select count(*)::int as count from ${table}`))[0]?.count

test('purge says how much is due, removes it, stops at the safety limit, and goes on after it was ended', async () => {
  const server = await startServer()
  await trashBooks(server, 1, 2, 3, 'now()')
  await trashBooks(server, 3, 4, 10_000, `now() + interval '1 day'`)
  const purge = (options: string[], env: Record<string, string> = {}) =>
    runToEnd(['dist/cli.js', 'purge', ...options], { DATA_DIR: server.dataDir, ...env })

  const help = await purge(['--help'])
  for (const option of ['--dry-run', '--all', '--workspace <id>', '--force', '--json'])
    expect(help.output).toContain(option)

  const plan = await purge(['--dry-run', '--json'])
  expect(plan.exitCode).toBe(0)
  expect(JSON.parse(plan.output)).toEqual({
    dryRun: true,
    ended: false,
    workspaces: [
      {
        workspaceId,
        name: expect.any(String) as string,
        due: { deletions: 2, items: 8, bytes: 0 },
        safetyLimit: null,
        purged: null,
        failure: null,
      },
    ],
    trashedWorkspaces: [],
  })
  const limited = await purge(['--json'], { PURGE_SAFETY_LIMIT_ITEMS: '7' })
  expect(limited.exitCode).toBe(1)
  expect(JSON.parse(limited.output)).toMatchObject({
    workspaces: [{ safetyLimit: { itemCount: 8, limit: 7 }, purged: { itemCount: 0 } }],
  })
  const due = await purge([], { PURGE_SAFETY_LIMIT_ITEMS: '8' })
  expect(due.exitCode).toBe(0)
  expect(due.output).toContain('Removed: 2 deletions with 8 items.')
  expect(await count(server, 'deletions')).toBe(2)

  const all = { PURGE_SAFETY_LIMIT_ITEMS: '7' }
  const stopped = await purge(['--all'], all)
  expect(stopped.exitCode).toBe(1)
  expect(stopped.output).toContain('PURGE_SAFETY_LIMIT_ITEMS')
  // However the blocks of both books are mixed: a run comes to one of these before its last batch, and waits.
  const blocker = await connectTo(server)
  await blocker.query('begin')
  await blocker.query(
    'select from blocks where book_id = (select id from books order by id desc limit 1) for update',
  )
  const command = ['dist/cli.js', 'purge', '--all', '--force']
  const ended = await runToEnd(command, { DATA_DIR: server.dataDir, ...all }, async (child) => {
    await untilBlocking(blocker)
    child.kill('SIGINT')
    await blocker.end()
  })
  expect(ended.exitCode).toBe(130)
  expect(ended.output).toContain('Stopped. Run the command again to continue.')
  const left = (await count(server, 'blocks')) ?? 0
  expect(left).toBeGreaterThan(0)
  expect(left).toBeLessThan(20_000)

  // What was marked is removed by every run, also by one of what is due.
  const second = await purge([], all)
  expect(second.exitCode).toBe(0)
  expect(second.output).toContain('  items: ')
  expect(second.output).toContain(`Removed: 2 deletions with ${left + 2} items.`)
  expect(await count(server, 'deletions')).toBe(0)
  expect(await purge(['--workspace', 'nonsense'])).toEqual({
    exitCode: 1,
    output: 'There is no workspace nonsense.\n',
  })
})

test('purge hold stops the purges that begin by themselves, and purge release lets them go on', async () => {
  const server = await startServer()
  const command = (...options: string[]) =>
    runToEnd(['dist/cli.js', 'purge', ...options], { DATA_DIR: server.dataDir })
  const held = async () =>
    (
      await queryDatabase<{ held: boolean }>(server, 'select held_at is not null as held from removal_runs')
    ).map((row) => row.held)
  const hold = await command('hold')
  expect(hold).toMatchObject({ exitCode: 0, output: expect.stringContaining('purge release') as string })
  expect(await held()).toEqual([true, true])
  expect(await command('release')).toMatchObject({ exitCode: 0 })
  expect(await held()).toEqual([false, false])
})

test('after a long time a start says what will go, and waits', async () => {
  const server = await startServer()
  await trashBooks(server, 1, 2, 3, 'now()')
  await queryDatabase(server, `update removal_runs set ran_at = now() - interval '40 days'`)
  await server.stop()
  const next = await startServer({}, server.dataDir)
  await expect.poll(() => next.output()).toContain('2 expired deletions with 8 items and 0 bytes')
  expect(next.output()).toContain('npm run cli -- purge hold')
  expect(await count(next, 'deletions')).toBe(2)
})
