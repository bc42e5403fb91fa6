import { availableParallelism } from 'node:os'
import { expect, test } from 'vitest'
import { recipes } from '../../src/domain/thumbnails.ts'
import { Client } from '../support/client.ts'
import { connectTo, makeLibrary, untilBlocking } from '../support/library/library.ts'
import { noise } from '../support/media/pictures.ts'
import { runToEnd } from '../support/processes.ts'
import { cleanUpServers, startServer } from '../support/server.ts'
import { removeStored, removeStoredFile, storedFiles } from '../support/media/stored-files.ts'

cleanUpServers()

const rebuild = (dataDir: string, ...options: string[]) =>
  runToEnd(['dist/cli.js', 'thumbnails', 'rebuild', ...options], { DATA_DIR: dataDir })

/** So many pictures are made at once. */
const atOnce = availableParallelism() + 1

/** A stopped installation with the pictures of the demo, whose jobs have run, and more than are made at once. */
async function installed() {
  const server = await startServer()
  await runToEnd(['dist/cli.js', 'demo'], { WORDLOOM_URL: server.url })
  const client = new Client(server.url)
  const { images: slot } = await makeLibrary(client)
  for (let count = 0; count < atOnce; count += 1)
    await client.upload({ slot }, new Blob([Uint8Array.from(await noise(8, 8 + count))]), 'noise.png')
  await server.stop()
  return server.dataDir
}

test('thumbnails rebuild makes what is missing, can be ended and goes on, and says what it could not make', async () => {
  const dataDir = await installed()
  await removeStored(dataDir, 'thumbnails')
  const originals = [...(await storedFiles(dataDir, 'files')).keys()]
  // All recipes and a square.
  const perOriginal = 2 * (recipes.length + 1)
  const all = originals.length * perOriginal

  const server = await startServer({ RUN_JOBS: 'false' }, dataDir)
  const blocker = await connectTo(server)
  await blocker.query('begin')
  await blocker.query('lock table thumbnails in share mode')
  const command = ['dist/cli.js', 'thumbnails', 'rebuild']
  const ended = await runToEnd(command, { DATA_DIR: dataDir }, async (child) => {
    await untilBlocking(blocker)
    child.kill('SIGTERM')
    await blocker.end()
  })
  expect(ended.exitCode).toBe(143)
  expect(ended.output).toContain('Stopped. Run the command again to continue.')
  const made = (await storedFiles(dataDir, 'thumbnails')).size
  expect(made).toBe(atOnce * perOriginal)
  await server.stop()

  const second = await rebuild(dataDir)
  expect(second.exitCode).toBe(0)
  expect(second.output).toContain(
    `Files checked: ${originals.length}. Made: ${all - made}. Removed: 0. Failed: 0.`,
  )
  expect((await storedFiles(dataDir, 'thumbnails')).size).toBe(all)
  expect((await rebuild(dataDir)).output).toContain('Made: 0.')
  expect((await rebuild(dataDir, '--all')).output).toContain(`Made: ${all}.`)

  await removeStoredFile(dataDir, originals[0] ?? '')
  const lost = await rebuild(dataDir, '--all')
  expect(lost.exitCode).toBe(1)
  expect(lost.output).toContain('Failed: 1.')
  expect(lost.output).toMatch(/The file of a blob is missing|The object store has no such object/)
})

test('a workspace that is not there is said so', async () => {
  const dataDir = await installed()
  for (const id of ['nonsense', '01900000-0000-7000-8000-00000000ffff']) {
    const { exitCode, output } = await rebuild(dataDir, '--workspace', id)
    expect(exitCode).toBe(1)
    expect(output.trim()).toBe(`There is no workspace ${id}.`)
  }
  const own = await rebuild(dataDir, '--workspace', '01900000-0000-7000-8000-000000000001')
  expect(own.exitCode).toBe(0)
})
