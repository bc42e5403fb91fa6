import { beforeAll, expect, test } from 'vitest'
import { Client } from '../support/client.ts'
import { makeLibrary, queryDatabase } from '../support/library/library.ts'
import { noise } from '../support/media/pictures.ts'
import { runToEnd } from '../support/processes.ts'
import { cleanUpServers, type RunningServer, startServer } from '../support/server.ts'
import { storageEnvironment, storedFiles } from '../support/media/stored-files.ts'

cleanUpServers()
let server: RunningServer
const media: { id: string; sha256: string }[] = []

const run = (...args: string[]) =>
  runToEnd(['dist/cli.js', ...args], { DATA_DIR: server.dataDir, ...storageEnvironment(server.dataDir) })

/** One picture is live; another one was purged eight days ago. */
beforeAll(async () => {
  // Its own collection at the start must not be faster than the command.
  server = await startServer({ RUN_JOBS: 'false' })
  const client = new Client(server.url)
  const { images: slot } = await makeLibrary(client)
  for (const side of [40, 41]) {
    const bytes = await noise(side, side)
    const answer = await client.upload({ slot }, new Blob([Uint8Array.from(bytes)]), 'noise.png')
    media.push((answer.data as { uploadMedia: { media: { id: string; sha256: string } } }).uploadMedia.media)
  }
  const id = media[1]?.id
  const trashed = await client.send(
    `mutation ($id: ID!) { trashItem(input: { itemId: $id }) { ... on TrashItemSuccess { deletion { id } } } }`,
    { id },
  )
  const { deletion } = (trashed.data as { trashItem: { deletion: { id: string } } }).trashItem
  await client.send(
    `mutation ($id: ID!) { purgeDeletion(input: { deletionId: $id }) { ... on PurgeDeletionSuccess { itemCount } } }`,
    { id: deletion.id },
  )
  expect(await run('purge')).toMatchObject({ exitCode: 0 })
  await queryDatabase(
    server,
    `update blobs set orphaned_at = now() - interval '8 days' where orphaned_at is not null`,
  )
})

test('gc lists what would go, takes it, and why tells of both', async () => {
  const [live = { id: '', sha256: '' }, gone = { id: '', sha256: '' }] = media
  const kept = await run('why', live.id)
  expect(kept).toMatchObject({ exitCode: 0 })
  expect(kept.output).toContain('Live media items that use it: 1.')
  expect((await run('why', gone.sha256)).output).toContain('It is collected by the next garbage collection.')

  const plan = await run('gc', '--dry-run')
  expect(plan).toMatchObject({ exitCode: 0 })
  expect(plan.output).toMatch(/files\/\d+-png-\d{12} \(\d+ bytes\): unused since/)
  expect(plan.output).toContain('To collect: 1 files without a media item')
  expect((await storedFiles(server.dataDir, 'files')).size).toBe(2)

  const done = await run('gc', '--json')
  expect(done.exitCode).toBe(0)
  const told = JSON.parse(done.output) as { workspaces: { fileCount: number; unknownCount: number }[] }
  expect(told.workspaces[0]).toMatchObject({ fileCount: 1, unknownCount: 0, safetyLimit: null })
  await expect.poll(async () => (await storedFiles(server.dataDir, 'files')).size).toBe(1)
  expect(await run('why', gone.sha256, '--json')).toMatchObject({ exitCode: 1, output: '[]\n' })
  expect(await run('gc', '--workspace', 'none')).toMatchObject({ exitCode: 1 })
})
