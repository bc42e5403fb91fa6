import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { Client } from '../support/client.ts'
import { makeLibrary, queryDatabase, stored } from '../support/library/library.ts'
import { photograph } from '../support/media/pictures.ts'
import { isRunning, killPostgresHard, postgresPid, runToEnd, until } from '../support/processes.ts'
import { cleanUpServers, type RunningServer, startServer } from '../support/server.ts'
import { removeStored } from '../support/media/stored-files.ts'

cleanUpServers()

const isReady = async ({ url }: RunningServer) => (await fetch(`${url}/health/ready`)).ok

const picture = async () => new Blob([await photograph()])

test('after a crash of one database process the database is still held in use, and stopped by the last', async () => {
  const server = await startServer()
  const [backend] = await queryDatabase<{ pid: number }>(
    server,
    `select pid from pg_stat_activity where application_name = 'wordloom' limit 1`,
  )
  if (!backend) throw new Error('The server has no connection.')
  process.kill(backend.pid, 'SIGKILL')
  // A crash ends every connection; the keeper must be back before somebody else looks.
  await until(async () => {
    const keepers = await queryDatabase(
      server,
      `select 1 from pg_locks where locktype = 'advisory' and mode = 'ShareLock' and granted`,
    ).catch(() => [])
    return keepers.length > 0 && isReady(server)
  })

  const command = await runToEnd(['dist/cli.js', 'migrate'], { DATA_DIR: server.dataDir })
  expect(command).toMatchObject({ exitCode: 0 })
  expect(await isReady(server)).toBe(true)
  const pid = await postgresPid(server.dataDir)
  expect(await server.stop()).toBe(0)
  expect(pid !== null && isRunning(pid)).toBe(false)
})

test('a server starts its database again when that is gone, and keeps what it had', async () => {
  const server = await startServer()
  const client = new Client(server.url)
  const { bookId } = await makeLibrary(client)
  await killPostgresHard(server.dataDir)
  await until(() => isReady(server))
  const found = await client.send('query ($id: ID!) { book(id: $id) { id } }', { id: bookId })
  expect(found.data).toEqual({ book: { id: bookId } })
  expect(await server.stop(), server.output().slice(-3000)).toBe(0)
})

test('a picture whose file is lost is an error that no cache keeps, until the same bytes are brought again', async () => {
  const server = await startServer()
  const client = new Client(server.url)
  const { cover } = await makeLibrary(client)
  const file = await picture()
  const first = await client.upload({ slot: cover }, file, 'first.jpg')
  await removeStored(server.dataDir, 'files')

  const lost = await fetch((first.data as Uploaded).uploadMedia.media.url)
  expect(lost.status).toBe(500)
  expect(lost.headers.get('cache-control')).toBe('no-store')
  expect(lost.headers.get('etag')).toBeNull()
  expect(await lost.json()).toMatchObject({ errors: [{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }] })

  const again = await client.upload({ slot: cover }, file, 'again.jpg')
  const found = await fetch((again.data as Uploaded).uploadMedia.media.url)
  expect(Buffer.from(await found.arrayBuffer()).equals(Buffer.from(await file.arrayBuffer()))).toBe(true)
  expect(await stored(server)).toMatchObject({ blobs: 1, media: 1, files: 1, incoming: 0 })
})

interface Uploaded {
  uploadMedia: { media: { url: string } }
}

test('a request that cannot be routed is told so in the usual form', async () => {
  const server = await startServer()
  const response = await fetch(`${server.url}/media/%ff`)
  expect(response.status).toBe(400)
  expect(response.headers.get('x-request-id')).not.toBeNull()
  expect(await response.json()).toHaveProperty('errors.0.message')
})

test('a connection on which nothing comes any more is closed', async () => {
  const server = await startServer({ IDLE_CONNECTION_SECONDS: '1' })
  const { hostname, port } = new URL(server.url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {})
  socket.write(
    'POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
  )
  await new Promise((resolve) => socket.once('close', resolve))
  expect(await isReady(server)).toBe(true)
})
