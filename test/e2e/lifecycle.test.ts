import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Client, uploadDocument } from '../support/client.ts'
import { makeLibrary, shelfNames, stored } from '../support/library/library.ts'
import { photograph } from '../support/media/pictures.ts'
import { isRunning, killHard, postgresPid, runningPostgres, runToEnd, until } from '../support/processes.ts'
import { cleanUpServers, nodeBinary, type RunningServer, startServer } from '../support/server.ts'
import { fieldPart, filePart, multipartBody, RawRequest } from '../support/wire.ts'

cleanUpServers()

/** An upload of which only a half has been sent so far. */
async function halfAnUpload(server: RunningServer) {
  const { cover } = await makeLibrary(new Client(server.url))
  const picture = await photograph()
  const body = multipartBody([
    fieldPart('operations', {
      query: uploadDocument,
      variables: { input: { file: null, slot: cover } },
    }),
    fieldPart('map', { 0: ['variables.input.file'] }),
    filePart('0', picture),
  ])
  const request = await RawRequest.post(server.url, { 'Content-Length': String(body.length) })
  const middle = body.length - Math.floor(picture.length / 2)
  await request.send(body.subarray(0, middle))
  // A connection on which nothing was read yet is no request under way.
  await until(async () => (await stored(server)).incoming === 1)
  return { request, picture, rest: body.subarray(middle) }
}

test('an upload under way ends well after SIGTERM, and then the database is stopped', async () => {
  const server = await startServer()
  const { request, picture, rest } = await halfAnUpload(server)
  const postgres = await runningPostgres(server.dataDir)
  const ended = once(server.process, 'exit')

  server.process.kill('SIGTERM')
  await until(() => server.output().includes('finishing the requests in progress'))
  await request.send(rest)
  const { status, body } = await request.answer()
  expect(status).toBe(200)
  expect(body).toContain(createHash('sha256').update(picture).digest('hex'))

  expect(await ended).toEqual([0, null])
  expect(isRunning(postgres)).toBe(false)
})

test('a start that is interrupted leaves no database running', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'wordloom-e2e-'))
  const child = spawn(nodeBinary, ['dist/server.js'], {
    env: { PATH: process.env['PATH'], PORT: '0', DATA_DIR: dataDir },
    stdio: 'ignore',
  })
  const ended = once(child, 'exit')
  await until(async () => child.exitCode !== null || (await postgresPid(dataDir)) !== null)
  child.kill('SIGTERM')
  expect(await ended).toEqual([0, null])
  expect(await postgresPid(dataDir)).toBeNull()
  await rm(dataDir, { recursive: true })
})

test('SIGINT ends it like SIGTERM', async () => {
  const server = await startServer()
  const postgres = await runningPostgres(server.dataDir)
  const ended = once(server.process, 'exit')
  server.process.kill('SIGINT')
  expect(await ended).toEqual([0, null])
  expect(isRunning(postgres)).toBe(false)
})

test('a second signal ends the server and its database at once, whatever is under way', async () => {
  const server = await startServer()
  const { request } = await halfAnUpload(server)
  const postgres = await runningPostgres(server.dataDir)
  const ended = once(server.process, 'exit')

  server.process.kill('SIGTERM')
  await until(() => server.output().includes('finishing the requests in progress'))
  // Until it is no longer taken for a part of the first one.
  await until(() => !server.process.kill('SIGTERM'))
  expect(await ended).toEqual([1, null])
  await until(() => !isRunning(postgres))
  request.close()

  const next = await startServer({}, server.dataDir)
  expect(await shelfNames(next)).toEqual(['Shelf'])
  await next.stop()
})

test('npm start hands the SIGTERM it gets on to the server', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'wordloom-e2e-'))
  const npm = spawn('npm', ['start'], {
    env: { PATH: process.env['PATH'], PORT: '0', DATA_DIR: dataDir },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const ended = once(npm, 'exit')
  let output = ''
  npm.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  await until(() => output.includes('is ready') || npm.exitCode !== null)
  const postgres = await runningPostgres(dataDir)

  npm.kill('SIGTERM')
  await ended
  expect(output).toContain('"msg":"Ended"')
  expect(isRunning(postgres)).toBe(false)
  await rm(dataDir, { recursive: true })
})

test('a request that never ends holds the end up for the grace period only', async () => {
  const server = await startServer({ SHUTDOWN_GRACE_SECONDS: '1' })
  const { request } = await halfAnUpload(server)
  expect(await server.stop()).toBe(0)
  expect(await postgresPid(server.dataDir)).toBeNull()
  request.close()
})

test('a server that follows a killed one joins the database that goes on running', async () => {
  const killed = await startServer()
  await makeLibrary(new Client(killed.url), 'Poems')
  const postgres = await runningPostgres(killed.dataDir)
  await killHard(killed)

  const next = await startServer({}, killed.dataDir)
  expect(await runningPostgres(killed.dataDir)).toBe(postgres)
  expect(await shelfNames(next)).toEqual(['Poems'])
  expect(await next.stop()).toBe(0)
  expect(isRunning(postgres)).toBe(false)
})

test('servers that start together share one data folder, and the last one stops its database', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'wordloom-e2e-'))
  const [one, other, third] = await Promise.all([
    startServer({}, dataDir),
    startServer({}, dataDir),
    startServer({}, dataDir),
  ])
  const postgres = await runningPostgres(dataDir)
  await makeLibrary(new Client(one.url), 'Shared')
  expect(await shelfNames(other)).toEqual(['Shared'])

  expect(await one.stop()).toBe(0)
  expect(isRunning(postgres)).toBe(true)
  expect(await shelfNames(other)).toEqual(['Shared'])
  expect(await Promise.all([other.stop(), third.stop()])).toEqual([0, 0])
  expect(isRunning(postgres)).toBe(false)
})

test('a port that is taken is told with what to do, and nothing stays behind', async () => {
  const server = await startServer()
  const dataDir = await mkdtemp(join(tmpdir(), 'wordloom-e2e-'))
  const { port } = new URL(server.url)
  const { exitCode, output } = await runToEnd(['dist/server.js'], { PORT: port, DATA_DIR: dataDir })
  expect(exitCode).toBe(1)
  expect(output).toContain(`address already in use 127.0.0.1:${port}`)
  expect(output).toContain('Set PORT (or METRICS_PORT, HEALTH_PORT) to a free port')
  expect(output).not.toContain('    at ')
  expect(await postgresPid(dataDir)).toBeNull()
  await rm(dataDir, { recursive: true })
  await server.stop()
})

test('everything that is wrong with a configuration is told at once', async () => {
  const { exitCode, output } = await runToEnd(['dist/server.js'], {
    HOST: '0.0.0.0',
    PORT: 'http',
    DATABASE_URL: 'mysql://localhost/wordloom',
    CORS_ORIGINS: 'https://good.example, nonsense',
    LOG_LEVEL: 'loud',
    MAX_IMAGE_BYTES: '0',
  })
  expect(exitCode).toBe(1)
  for (const problem of [
    'HOST: without sign-in everyone who can reach the server owns the library',
    'PORT: must be a whole number from 0 to 65535',
    'DATABASE_URL: must be a URL with postgres:// or postgresql://',
    'CORS_ORIGINS: nonsense is not an origin',
    'LOG_LEVEL: ',
    'MAX_IMAGE_BYTES: ',
  ]) {
    expect(output).toContain(problem)
  }
  expect(output).not.toContain('    at ')
})

test('the data may lie below a folder that only its owner can enter', async () => {
  const closed = await mkdtemp(join(tmpdir(), 'wordloom-e2e-'))
  const dataDir = join(closed, 'home/library')
  await mkdir(join(closed, 'home'), { mode: 0o700 })
  const server = await startServer({}, dataDir)
  await makeLibrary(new Client(server.url), 'Private')
  expect(await server.stop()).toBe(0)
  const second = await startServer({}, dataDir)
  expect(await shelfNames(second)).toEqual(['Private'])
  expect(await second.stop()).toBe(0)
  await rm(closed, { recursive: true })
})

test('the path of the data may be longer than a socket can have', async () => {
  const top = await mkdtemp(join(tmpdir(), 'wordloom-e2e-'))
  const dataDir = join(top, 'a-rather-long-name'.repeat(4), 'and-another-one'.repeat(8), 'data')
  const server = await startServer({}, dataDir)
  await makeLibrary(new Client(server.url), 'Deep')
  expect(await server.stop()).toBe(0)
  const second = await startServer({}, dataDir)
  expect(await shelfNames(second)).toEqual(['Deep'])
  expect(await second.stop()).toBe(0)
  const hash = createHash('sha256').update(dataDir).digest('hex').slice(0, 16)
  await rm(join(tmpdir(), `wordloom-${hash}`), { recursive: true })
  await rm(top, { recursive: true })
})
