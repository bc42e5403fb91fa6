import { once } from 'node:events'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { storedKey } from '../../src/domain/storage-key.ts'
import { createMetricsServer } from '../../src/http/metrics.ts'
import { runJob } from '../../src/jobs/run-job.ts'
import { observedStorage } from '../../src/observe/observed-storage.ts'
import { openMetrics } from '../../src/observe/prometheus.ts'
import { dueJobs } from '../../src/queue/attempts.ts'
import { openLocalStorage } from '../../src/storage/local-storage.ts'
import { uploadMedia } from '../../src/usecases/media/upload-media.ts'
import { metricsSources } from '../../src/usecases/upkeep/metrics-sources.ts'
import { updateWorkspace } from '../../src/usecases/workspaces.ts'
import { pino } from 'pino'
import { useApi } from '../support/api.ts'
import { buildBlock, buildPicture, imagesOf, succeeded, temporaryFolder } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { photograph } from '../support/media/pictures.ts'

const database = useDatabase()
const token = 'a token of the tests'
const api = useApi(database, { metrics: { host: '127.0.0.1', port: undefined, token } })
const without = useApi(database)

const read = (headers: Record<string, string> = { authorization: `Bearer ${token}` }) =>
  fetch(`${api.url}/metrics`, { headers })

/** The values of a metric by the text of their labels, `{…}` or nothing. */
function valuesOf(text: string, name: string) {
  const lines = text.split('\n').filter((line) => new RegExp(`^${name}[ {]`).test(line))
  return new Map(
    lines.map((line) => [line.slice(name.length, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]),
  )
}

const opened = () =>
  openMetrics({ version: '1', pool: database.db.pool, poolSize: 10, ...metricsSources(database.db) })

test('the metrics are for those who have the token, and are missing where they are not set up', async () => {
  expect((await fetch(`${without.url}/metrics`)).status).toBe(404)
  for (const headers of [{}, { authorization: 'Bearer wrong' }, { authorization: token }]) {
    const refused = await read(headers)
    expect(refused.status).toBe(401)
    expect(await refused.json()).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] })
  }
  const answer = await read()
  expect([answer.status, answer.headers.get('content-type')]).toEqual([
    200,
    'text/plain; version=0.0.4; charset=utf-8',
  ])
})

test('operations are counted by their name, and their errors by their code', async () => {
  const { client } = await api.workspace()
  await client.send('query Shelves { bookshelves { nodes { id } } }')
  await client.send('query Shelves { bookshelves { nodes { id } } }')
  await client.send('{ workspace { id } }')
  await client.send('query Wrong { nothing }')
  const text = await (await read()).text()
  const operations = valuesOf(text, 'wordloom_graphql_operation_duration_seconds_count')
  expect(operations.get('{type="query",operation="Shelves"}')).toBe(2)
  expect(operations.get('{type="query",operation="unnamed"}')).toBe(1)
  expect(valuesOf(text, 'wordloom_errors_total').get('{code="GRAPHQL_VALIDATION_FAILED"}')).toBe(1)
  const requests = valuesOf(text, 'wordloom_http_request_duration_seconds_count')
  expect(requests.get('{method="POST",route="/graphql",status="200"}')).toBe(3)
})

test('no path, name or ID that a client chooses becomes a label', async () => {
  const { client, ctx } = await api.workspace()
  await client.send('query ($id: ID!) { node(id: $id) { id } }', { id: ctx.actor.workspaceId })
  await fetch(`${api.url}/nowhere-secret`)
  await fetch(`${api.url}/media/${ctx.actor.workspaceId}?secret=1`)
  const text = await (await read()).text()
  expect(text).not.toContain('secret')
  expect(text).not.toContain(ctx.actor.workspaceId)
  expect(text).toContain('route="none",status="404"')
})

test('the pool, the queue and the quotas are read when the metrics are', async () => {
  const { ctx } = await api.workspace()
  const { media } = await buildPicture(ctx, imagesOf((await buildBlock(ctx)).id))
  await database.db.pool.query(
    `update jobs set status = 'FAILED', failure = 'x' where id = (select id from jobs where name = 'render-thumbnails' limit 1)`,
  )
  await buildPicture(ctx, imagesOf((await buildBlock(ctx)).id))
  await database.db.pool.query(`update jobs set due_at = now() - interval '1 hour' where status = 'QUEUED'`)
  succeeded(await updateWorkspace(ctx, { quotaBytes: media.sizeBytes }))
  const text = await (await read()).text()
  expect(valuesOf(text, 'wordloom_database_up').get('')).toBe(1)
  const pool = valuesOf(text, 'wordloom_database_pool_connections')
  expect(pool.get('{state="open"}')).toBeGreaterThan(0)
  const jobs = valuesOf(text, 'wordloom_jobs')
  expect(jobs.get('{kind="render-thumbnails",state="failed"}')).toBe(1)
  expect(jobs.get('{kind="render-thumbnails",state="waiting"}')).toBe(1)
  const oldest = valuesOf(text, 'wordloom_job_oldest_due_seconds')
  expect(oldest.get('{kind="render-thumbnails"}')).toBeGreaterThan(3_599)
  const workspaces = valuesOf(text, 'wordloom_workspaces')
  expect(workspaces.get('{scope="nearly_full"}')).toBe(1)
  expect(workspaces.get('{scope="all"}')).toBeGreaterThan(1)
  expect(valuesOf(text, 'wordloom_quota_used_bytes').get('{scope="all"}')).toBeGreaterThan(0)
})

test('uploads are counted by their decision, with their bytes', async () => {
  const { ctx: own } = await api.workspace()
  const metrics = opened()
  const ctx = { ...own, metrics }
  const bytes = await photograph()
  const slot = imagesOf((await buildBlock(ctx)).id)
  await buildPicture(ctx, slot, { bytes })
  await buildPicture(ctx, slot, { bytes })
  await uploadMedia(ctx, { fileName: 'a.txt', slot, stream: Readable.from([Buffer.from('text')]) })
  const failing = { ...ctx, storage: { ...ctx.storage, receive: () => Promise.reject(new Error('broken')) } }
  await expect(
    uploadMedia(failing, { fileName: 'a.jpg', slot, stream: Readable.from([bytes]) }),
  ).rejects.toThrow()
  const text = await metrics.text()
  expect(Object.fromEntries(valuesOf(text, 'wordloom_uploads_total'))).toMatchObject({
    '{decision="INSERT"}': 1,
    '{decision="REJECT"}': 1,
    '{decision="ERROR"}': 1,
  })
  expect(valuesOf(text, 'wordloom_upload_bytes_total').get('{decision="INSERT"}')).toBe(bytes.length)
})

test('the storage reports its time, its errors and its bytes, and is otherwise the same', async () => {
  const metrics = opened()
  const storage = observedStorage(await openLocalStorage(await temporaryFolder()), metrics)
  const received = await storage.receive(Readable.from([Buffer.alloc(700_000, 7)]), 1_000_000)
  if (!('path' in received)) throw new Error('It is not too large.')
  const key = await storage.keep(received, 'bin', new Date())
  expect((await buffer(storage.read(key))).equals(Buffer.alloc(700_000, 7))).toBe(true)
  expect((await buffer(storage.read(key, { start: 0, end: 9 }))).length).toBe(10)
  expect(await storage.size(key)).toBe(700_000)
  const [error] = (await once(storage.read(storedKey('files/1-jpg-000000000000')), 'error')) as [Error]
  expect(error.message).toContain('ENOENT')
  const text = await metrics.text()
  const bytes = valuesOf(text, 'wordloom_storage_bytes_total')
  expect([bytes.get('{direction="read"}'), bytes.get('{direction="written"}')]).toEqual([700_010, 700_000])
  const answers = valuesOf(text, 'wordloom_storage_operation_duration_seconds_count')
  expect([...answers]).toEqual([
    ['{operation="keep"}', 1],
    ['{operation="read"}', 3],
    ['{operation="stat"}', 1],
  ])
  expect([...valuesOf(text, 'wordloom_storage_errors_total')]).toEqual([['{operation="read"}', 1]])
})

test('jobs report how they ended', async () => {
  const { ctx } = await api.workspace()
  const metrics = opened()
  await database.db.pool.query(`delete from jobs`)
  await buildPicture(ctx, imagesOf((await buildBlock(ctx)).id))
  const [job] = await dueJobs(database.db, ['render-thumbnails'])
  if (!job) throw new Error('An upload enqueues one.')
  const { signal } = new AbortController()
  const work = () => Promise.reject(new Error('It fails.'))
  expect(await runJob({ ...ctx, metrics }, ctx.log, { job, work, signal })).toBe(true)
  const [again] = (
    await database.db.pool.query<typeof job>(`update jobs set due_at = now() - interval '1 second'
    returning workspace_id as "workspaceId", id, name, due_at as "dueAt"`)
  ).rows
  if (!again) throw new Error('It is tried again.')
  await runJob({ ...ctx, metrics }, ctx.log, { job: again, work: () => Promise.resolve(), signal })
  const ended = valuesOf(await metrics.text(), 'wordloom_job_duration_seconds_count')
  expect([...ended]).toEqual([
    ['{kind="render-thumbnails",outcome="retrying"}', 1],
    ['{kind="render-thumbnails",outcome="done"}', 1],
  ])
})

test('a port of its own needs no token, and without its database the process still reports the rest', async () => {
  const gone = () => Promise.reject(new Error('The database is away.'))
  const metrics = openMetrics({
    version: '1',
    pool: database.db.pool,
    poolSize: 10,
    queue: gone,
    quota: gone,
  })
  const server = createMetricsServer(metrics, pino({ level: 'silent' }), undefined)
  const url = await server.listen({ host: '127.0.0.1', port: 0 })
  const text = await (await fetch(`${url}/metrics`)).text()
  expect((await fetch(`${url}/graphql`)).status).toBe(404)
  await server.close()
  expect(valuesOf(text, 'wordloom_database_up').get('')).toBe(0)
  expect(valuesOf(text, 'wordloom_jobs').size).toBe(0)
  expect(valuesOf(text, 'process_cpu_seconds_total').get('')).toBeGreaterThan(0)
})
