import { once } from 'node:events'
import { expect, test } from 'vitest'
import { Client } from '../support/client.ts'
import { connectTo, makeLibrary, queryDatabase, untilBlocking } from '../support/library/library.ts'
import { photograph } from '../support/media/pictures.ts'
import { runToEnd } from '../support/processes.ts'
import { cleanUpServers, type RunningServer, startServer } from '../support/server.ts'

cleanUpServers()

/** A second workspace with a library and a picture. */
async function makeWorkspace({ url }: RunningServer) {
  const made = await new Client(url).send(`mutation { createWorkspace(input: { name: "Second" }) {
    ... on CreateWorkspaceSuccess { workspace { id } } } }`)
  const { createWorkspace } = made.data as { createWorkspace: { workspace: { id: string } } }
  const { id } = createWorkspace.workspace
  const client = new Client(url, { 'x-workspace-id': id })
  const { images, bookId } = await makeLibrary(client)
  const picture = new Blob([new Uint8Array(await photograph())])
  const uploaded = await client.upload({ slot: images }, picture, 'a.jpg')
  const { uploadMedia } = uploaded.data as { uploadMedia: { media: { sha256: string } } }
  return { id, client, bookId, sha256: uploadMedia.media.sha256 }
}

test('commands list, trash and restore workspaces, and the others cope with one in the trash', async () => {
  const server = await startServer()
  const { id, client, sha256 } = await makeWorkspace(server)
  const run = (...args: string[]) => runToEnd(['dist/cli.js', ...args], { DATA_DIR: server.dataDir })

  const refused = await run('workspaces', 'trash', id, '--confirm', 'second')
  expect(refused.exitCode).toBe(1)
  expect(refused.output).toContain('exactly as it is')
  expect((await run('workspaces', 'trash', id)).exitCode).toBe(2)
  const trashed = await run('workspaces', 'trash', id, '--confirm', 'Second', '--reason', 'Old')
  expect(trashed.exitCode).toBe(0)
  expect(trashed.output).toContain(`workspaces restore ${id}`)
  expect((await client.send('{ workspace { id } }')).status).toBe(400)

  expect((await run('workspaces')).output).toContain(`${id} Second: PERSONAL`)
  const listed = JSON.parse((await run('workspaces', '--json')).output) as { id: string; state: string }[]
  expect(listed.map((one) => [one.id === id, one.state])).toEqual([
    [false, 'LIVE'],
    [true, 'IN_TRASH'],
  ])
  for (const command of [['check'], ['replay'], ['verify'], ['gc'], ['purge'], ['thumbnails', 'rebuild']]) {
    const { exitCode, output } = await run(...command)
    expect({ command, exitCode, output }).toMatchObject({ command, exitCode: 0 })
  }
  expect((await run('why', sha256)).output).toContain('Its workspace is in the trash')
  expect((await run('gc', '--workspace', id)).output).toContain('is in the trash')

  expect((await run('workspaces', 'restore', id)).exitCode).toBe(0)
  expect((await run('workspaces', 'restore', id)).exitCode).toBe(1)
  expect((await client.send('{ workspace { id } }')).data).toEqual({ workspace: { id } })
  expect(await server.stop()).toBe(0)
}, 240_000)

test('a purge of a workspace that is killed in the middle continues, and leaves nothing', async () => {
  // It begins no purge by itself.
  const server = await startServer({ RUN_JOBS: 'false' })
  const { id, bookId } = await makeWorkspace(server)
  await queryDatabase(
    server,
    `insert into blocks (workspace_id, id, book_id, content, position, created_at, updated_at, created_by, updated_by, written_at, written_by)
     select '${id}', gen_random_uuid(), '${bookId}', 'Text', 'b' || n, now(), now(), 'owner', 'owner', now(), 'owner'
     from generate_series(1, 20000) n`,
  )
  const env = { DATA_DIR: server.dataDir }
  expect(
    (await runToEnd(['dist/cli.js', 'workspaces', 'trash', id, '--confirm', 'Second'], env)).exitCode,
  ).toBe(0)
  await queryDatabase(server, `update workspaces set purge_after = now() where id = '${id}'`)
  const plan = await runToEnd(['dist/cli.js', 'purge', '--workspace', id, '--dry-run'], env)
  expect(plan.output).toContain('To remove: the whole workspace.')
  const limited = await runToEnd(['dist/cli.js', 'purge', '--workspace', id], {
    ...env,
    PURGE_SAFETY_LIMIT_ITEMS: '20000',
  })
  expect(limited.exitCode).toBe(1)
  expect(limited.output).toContain('the safety limit is 20000 items')

  // The blocks go before their book.
  const blocker = await connectTo(server)
  await blocker.query('begin')
  await blocker.query(`select from books where workspace_id = '${id}' for update`)
  const killed = await runToEnd(['dist/cli.js', 'purge', '--workspace', id], env, async (child) => {
    await untilBlocking(blocker)
    child.kill('SIGKILL')
    await once(child, 'exit')
    await blocker.end()
  })
  expect(killed.exitCode).toBe(null)
  const left = async (table: string, column = 'workspace_id') =>
    (await queryDatabase(server, `select 1 from ${table} where ${column} = '${id}'`)).length
  expect(await left('blocks')).toBe(0)
  expect(await left('books')).toBe(1)
  const restored = await runToEnd(['dist/cli.js', 'workspaces', 'restore', id], env)
  expect(restored.exitCode).toBe(1)
  const again = await runToEnd(['dist/cli.js', 'purge', '--workspace', id], env)
  expect({ exitCode: again.exitCode, output: again.output }).toMatchObject({ exitCode: 0 })
  expect(again.output).toContain('The workspace is gone.')
  expect([await left('books'), await left('workspaces', 'id')]).toEqual([0, 0])
  expect((await runToEnd(['dist/cli.js', 'verify'], env)).exitCode).toBe(0)
  expect(await server.stop()).toBe(0)
}, 240_000)
