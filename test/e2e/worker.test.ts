import { once } from 'node:events'
import { expect, test } from 'vitest'
import { Client } from '../support/client.ts'
import { connectTo, makeLibrary, queryDatabase, untilBlocking } from '../support/library/library.ts'
import { photograph } from '../support/media/pictures.ts'
import { isRunning, killHard, postgresPid, runToEnd, until } from '../support/processes.ts'
import { cleanUpServers, type RunningServer, startServer, startWorker } from '../support/server.ts'
import { version } from '../../src/version.ts'
import { storedFiles } from '../support/media/stored-files.ts'

cleanUpServers()

const servingOnly = { RUN_JOBS: 'false' }
const thumbnails = async ({ dataDir }: RunningServer) => (await storedFiles(dataDir, 'thumbnails')).size
const jobs = (server: RunningServer) =>
  queryDatabase<{ id: string; status: string; attempts: number }>(
    server,
    `select id, status::text, attempts from jobs where name = 'purge-trash' order by id`,
  )

/** Asks for a purge that waits, whoever does it, until the connection that this gives lets it go on. */
async function blockedPurge(server: RunningServer, client: Client, shelfId: string) {
  await client.send(`mutation { trashItem(input: { itemId: "${shelfId}" }) { __typename } }`)
  const [deletion] = await queryDatabase<{ id: string }>(server, 'select id from deletions')
  const blocker = await connectTo(server)
  // Removing rows needs what this keeps from others; asking for it and adding activity up do not.
  await blocker.query('begin')
  await blocker.query('lock table blocks in share mode')
  await client.send(`mutation { purgeDeletion(input: { deletionId: "${deletion?.id}" }) { __typename } }`)
  return blocker
}

test('a server with RUN_JOBS=false runs none, a worker beside it does, and both end by themselves', async () => {
  const server = await startServer(servingOnly)
  expect(server.output()).toContain('jobs run only in workers')
  const client = new Client(server.url)
  const { cover, shelfId } = await makeLibrary(client)
  await client.upload({ slot: cover }, new Blob([Uint8Array.from(await photograph())]), 'a.jpg')
  const waiting = () =>
    queryDatabase<{ state: string }>(
      server,
      `select status::text as state from jobs where name = 'render-thumbnails'`,
    )
  await new Promise((resolve) => setTimeout(resolve, 3_000))
  expect(await waiting()).toEqual([{ state: 'QUEUED' }])
  expect(await thumbnails(server)).toBe(0)

  const worker = await startWorker({}, server.dataDir)
  await until(async () => (await thumbnails(server)) > 0 && (await waiting())[0]?.state === 'DONE')
  // What it printed comes through a pipe, which may be later than what it wrote.
  await expect
    .poll(() => worker.output())
    .toMatch(/"job":"render-thumbnails","id":"[^"]+","attempt":1,"ms":\d+,"msg":"Job done"/)
  const postgres = await postgresPid(server.dataDir)
  expect(await worker.stop()).toBe(0)
  expect(postgres !== null && isRunning(postgres)).toBe(true)
  expect((await client.send('{ bookshelves { totalCount } }')).data).toEqual({
    bookshelves: { totalCount: 1 },
  })

  // A second signal ends a worker at once, whatever it is at, and leaves the server its database.
  const blocker = await blockedPurge(server, client, shelfId)
  const other = await startWorker({}, server.dataDir)
  await untilBlocking(blocker)
  const ended = once(other.process, 'close')
  other.process.kill('SIGTERM')
  await until(() => other.output().includes('SIGTERM: finishing'))
  // One that comes together with the first is none.
  await until(() => other.output().includes('SIGINT again') || !other.process.kill('SIGINT'))
  expect(await ended).toEqual([1, null])
  expect(other.output()).toContain('SIGINT again: exiting at once')
  await blocker.end()
  expect(postgres !== null && isRunning(postgres)).toBe(true)
  expect(await server.stop()).toBe(0)
  expect(postgres !== null && isRunning(postgres)).toBe(false)
})

test('what a worker was at when it was killed, the next one does again at once; the command jobs tells it', async () => {
  const server = await startServer(servingOnly)
  const client = new Client(server.url)
  const { shelfId } = await makeLibrary(client)
  const worker = await startWorker({}, server.dataDir)
  const blocker = await blockedPurge(server, client, shelfId)
  await untilBlocking(blocker)
  await killHard(worker)
  await blocker.end()

  const next = await startWorker({}, server.dataDir)
  await until(async () => (await jobs(server)).every(({ status }) => status === 'DONE'))
  const [done] = await jobs(server)
  expect(done).toMatchObject({ attempts: 2 })
  expect(await next.stop()).toBe(0)

  const cli = (...args: string[]) => runToEnd(['dist/cli.js', 'jobs', ...args], { DATA_DIR: server.dataDir })
  expect((await cli()).output).toContain(`${done?.id} purge-trash DONE, attempts 2`)
  expect((await cli('--failed')).output).toContain('No job has failed.')
  await queryDatabase(
    server,
    `update jobs set status = 'FAILED', failure = 'The storage is on fire.' where id = '${done?.id}'`,
  )
  const told = JSON.parse((await cli('--failed', '--json')).output) as { id: string; failure: string }[]
  expect(told).toMatchObject([{ id: done?.id, failure: 'The storage is on fire.' }])
  expect(await cli('retry', done?.id ?? '')).toMatchObject({ exitCode: 0 })
  const again = await cli('retry', done?.id ?? '')
  expect(again).toMatchObject({ exitCode: 1 })
  expect(again.output).toContain('has not failed')
  expect(await server.stop()).toBe(0)
})

test('a worker answers questions about its health, and a container can check it', async () => {
  const worker = await startWorker({ HEALTH_PORT: '0' })
  const url = /health (http:\S+\/health\/ready)/.exec(worker.output())?.[1] ?? ''
  expect(await (await fetch(url)).json()).toMatchObject({ status: 'ready', checks: { database: 'ok' } })
  expect((await fetch(new URL('/graphql', url))).status).toBe(404)
  const check = async () => (await runToEnd(['dist/health.js'], { HEALTH_PORT: new URL(url).port })).exitCode
  expect(await check()).toBe(0)
  expect(await worker.stop()).toBe(0)
  expect(await check()).toBe(1)
})

test('the server, the worker and the commands print their version', async () => {
  for (const program of ['server', 'worker', 'cli']) {
    const { exitCode, output } = await runToEnd([`dist/${program}.js`, '--version'])
    expect([exitCode, output]).toEqual([0, `${version}\n`])
  }
})
