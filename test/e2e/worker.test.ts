import { once } from 'node:events'
import { expect, test } from 'vitest'
import { Client } from '../support/client.ts'
import { connectTo, makeLibrary, queryDatabase } from '../support/library.ts'
import { photograph } from '../support/pictures.ts'
import { isRunning, killHard, postgresPid, runToEnd, until } from '../support/processes.ts'
import { cleanUpServers, type RunningServer, startServer, startWorker } from '../support/server.ts'
import { storedFiles } from '../support/stored-files.ts'

cleanUpServers()

const servingOnly = { RUN_JOBS: 'false' }
const thumbnails = async ({ dataDir }: RunningServer) => (await storedFiles(dataDir, 'thumbnails')).size
const jobs = (server: RunningServer) =>
  queryDatabase<{ id: string; status: string; attempts: number }>(
    server,
    `select id, status::text, attempts from jobs where name = 'purge-trash' order by id`,
  )

test('a server with RUN_JOBS=false runs none, a worker beside it does, and both end by themselves', async () => {
  const server = await startServer(servingOnly)
  expect(server.output()).toContain('jobs run in workers only')
  const client = new Client(server.url)
  const { cover } = await makeLibrary(client)
  await client.upload({ slot: cover }, new Blob([Uint8Array.from(await photograph())]), 'a.jpg')
  const waiting = () =>
    queryDatabase<{ state: string }>(
      server,
      `select state::text from pgboss.job where name = 'render-thumbnails'`,
    )
  await new Promise((resolve) => setTimeout(resolve, 3_000))
  expect(await waiting()).toEqual([{ state: 'created' }])
  expect(await thumbnails(server)).toBe(0)

  const worker = await startWorker({}, server.dataDir)
  await until(async () => (await thumbnails(server)) > 0 && (await waiting())[0]?.state === 'completed')
  expect(worker.output()).toMatch(
    /"job":"render-thumbnails","id":"[^"]+","attempt":1,"ms":\d+,"msg":"Job done"/,
  )
  const postgres = await postgresPid(server.dataDir)
  expect(await worker.stop()).toBe(0)
  expect(postgres !== null && isRunning(postgres)).toBe(true)
  expect((await client.send('{ bookshelves { totalCount } }')).data).toEqual({
    bookshelves: { totalCount: 1 },
  })

  // A second signal ends a worker at once, and leaves the server its database.
  const other = await startWorker({}, server.dataDir)
  const ended = once(other.process, 'exit')
  other.process.kill('SIGTERM')
  other.process.kill('SIGINT')
  await ended
  expect(postgres !== null && isRunning(postgres)).toBe(true)
  expect(await server.stop()).toBe(0)
  expect(postgres !== null && isRunning(postgres)).toBe(false)
})

test('what a worker was at when it was killed, the next one does again at once; the command jobs tells it', async () => {
  const server = await startServer(servingOnly)
  const client = new Client(server.url)
  const { shelfId } = await makeLibrary(client)
  const worker = await startWorker({}, server.dataDir)
  // The purge waits for this lock.
  const blocker = await connectTo(server)
  await blocker.query('begin')
  await client.send(`mutation { trashBookshelf(input: { bookshelfId: "${shelfId}" }) { __typename } }`)
  const [deletion] = await queryDatabase<{ id: string }>(server, 'select id from deletions')
  await client.send(`mutation { purgeDeletion(input: { deletionId: "${deletion?.id}" }) { __typename } }`)
  await blocker.query('select from deletions for update')
  await until(async () => (await jobs(server)).some(({ status }) => status === 'RUNNING'))
  await killHard(worker)
  await blocker.query('rollback')
  await blocker.end()

  const next = await startWorker({}, server.dataDir)
  await until(async () => (await jobs(server)).every(({ status }) => status === 'DONE'))
  // The daily purge at the start of a worker may have asked for another one.
  const [done] = await jobs(server)
  expect(done).toMatchObject({ attempts: 2 })
  expect(await next.stop()).toBe(0)

  const cli = (...args: string[]) => runToEnd(['dist/cli.js', 'jobs', ...args], { DATA_DIR: server.dataDir })
  expect((await cli()).output).toContain(`${done?.id} purge-trash DONE, attempts 2`)
  expect((await cli('--failed')).output).toContain('No job was given up.')
  await queryDatabase(
    server,
    `update jobs set status = 'FAILED', failure = 'The storage is on fire.' where id = '${done?.id}'`,
  )
  const told = JSON.parse((await cli('--failed', '--json')).output) as { id: string; failure: string }[]
  expect(told).toMatchObject([{ id: done?.id, failure: 'The storage is on fire.' }])
  expect(await cli('retry', done?.id ?? '')).toMatchObject({ exitCode: 0 })
  const again = await cli('retry', done?.id ?? '')
  expect(again).toMatchObject({ exitCode: 1 })
  expect(again.output).toContain('not given up')
  expect(await server.stop()).toBe(0)
})
