import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { queryDatabase } from '../support/library/library.ts'
import { killPostgresHard, until } from '../support/processes.ts'
import { cleanUpServers, type RunningServer, startServer } from '../support/server.ts'
import { version } from '../../src/version.ts'
import { inObjectStore } from '../support/media/stored-files.ts'

cleanUpServers()

async function ready({ url }: RunningServer) {
  const response = await fetch(`${url}/health/ready`)
  const answer = (await response.json()) as {
    status: string
    version: string
    checks: Record<string, string>
  }
  return { code: response.status, ...answer }
}

const allIsWell = {
  code: 200,
  status: 'ready',
  version,
  checks: { database: 'ok', migrations: 'ok', storage: 'ok', load: 'ok' },
}
const fails = (check: string) => ({
  code: 503,
  status: 'not ready',
  version,
  checks: { ...allIsWell.checks, [check]: 'failed' },
})

/** One that is well, with a log of everything, also of what asks for its health. */
let well: RunningServer
beforeAll(async () => {
  well = await startServer({ LOG_LEVEL: 'debug' })
})

test('the log names the version when a server starts', () => {
  expect(well.output()).toMatch(
    new RegExp(`Wordloom is ready: .*, version ${version.replaceAll('.', '\\.')}"`),
  )
})

test('a server is live and ready, and says so to no cache', async () => {
  const live = await fetch(`${well.url}/health/live`)
  expect(live.status).toBe(200)
  expect(await live.json()).toEqual({ status: 'live', version })
  expect((await fetch(`${well.url}/health/ready`)).headers.get('cache-control')).toBe('no-store')
  expect(await ready(well)).toEqual(allIsWell)
})

/** With an object store only what is on its way is in a folder. */
const folders = inObjectStore ? ['incoming'] : ['files', 'incoming']

test.each(folders)('it is not ready while the storage folder %s is gone', async (folder) => {
  const path = join(well.dataDir, 'storage', folder)
  const before = well.output().length
  await rename(path, `${path}-away`)
  expect(await ready(well)).toEqual(fails('storage'))
  expect((await fetch(`${well.url}/health/live`)).status).toBe(200)
  await expect
    .poll(() => well.output().slice(before))
    .toMatch(/Cannot (store|receive) files in STORAGE_DIR \(ENOENT\)/)

  await rename(`${path}-away`, path)
  expect(await ready(well)).toEqual(allIsWell)
})

test('every answer names its request, each another, and so does the log', async () => {
  const ids = new Set<string | null>()
  for (const path of [
    '/health/live',
    '/graphiql',
    '/media/x',
    '/nowhere',
    '/graphql?query={workspace{id}}',
  ]) {
    ids.add((await fetch(`${well.url}${path}`)).headers.get('x-request-id'))
  }
  expect(ids.size).toBe(5)
  expect(ids).not.toContain(null)
  for (const id of ids) await until(() => well.output().includes(`"reqId":"${id}"`))
})

test('it is not ready while a migration is missing', async () => {
  const server = await startServer()
  const rows = await queryDatabase<{ migration_name: string }>(
    server,
    'delete from _prisma_migrations returning *',
  )
  expect(rows.length).toBeGreaterThan(0)
  expect(await ready(server)).toEqual(fails('migrations'))
  await expect.poll(() => server.output()).toContain(`Not applied: ${rows[0]?.migration_name}`)
  await server.stop()
})

test('it is not ready without its database, lives on, and still ends when it is told to', async () => {
  const server = await startServer()
  await killPostgresHard(server.dataDir)
  await until(async () => (await ready(server)).code === 503)
  expect((await ready(server)).checks['database']).toBe('failed')
  expect((await fetch(`${server.url}/health/live`)).status).toBe(200)

  const answer = await fetch(`${server.url}/graphql?query={workspace{id}}`, {
    headers: { 'apollo-require-preflight': 'true' },
  })
  expect(await answer.text()).toContain(`under the request ID ${answer.headers.get('x-request-id')}`)
  await server.stop()
})
