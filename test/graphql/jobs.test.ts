import { expect, test } from 'vitest'
import type { JobKind } from '../../src/graphql/generated.ts'
import { jobNames } from '../../src/queue/kinds.ts'
import { newId } from '../../src/usecases/context.ts'
import { ask, useApi, type Workspace } from '../support/api.ts'
import { useDatabase } from '../support/database.ts'
import { nodes, plansOf } from '../support/plans.ts'
import { messagesOf } from '../support/jobs/running-jobs.ts'
import { currentSchema } from '../support/schema.ts'
import { statementsOf } from '../support/statements.ts'

const database = useDatabase()
const api = useApi(database)

interface Page {
  readonly admin: {
    readonly jobs: { readonly totalCount: number; readonly nodes: readonly { readonly id: string }[] }
  }
}

/** Jobs, oldest first. */
async function addJobs({ ctx }: Workspace, jobs: readonly (readonly [name: string, status: string])[]) {
  const ids: string[] = []
  for (const [name, status] of jobs) {
    const id = newId()
    ids.push(id)
    await database.db.pool.query(
      `insert into jobs (workspace_id, id, name, payload, status, requested_by, failure, created_at, next_attempt_at)
       values ($1, $2, $3, '{}', $4::job_status, 'system', 'It broke.', now(), '2030-01-01T00:00:00Z')`,
      [ctx.actor.workspaceId, id, name, status],
    )
  }
  return ids
}

const list = async ({ client }: Workspace, args = '') =>
  (await ask<Page>(client, `{ admin { jobs${args} { totalCount nodes { id } } } }`)).admin.jobs

test('every kind of job has its name in the API', () => {
  const kinds = currentSchema().getType('JobKind') as unknown as { getValues(): { name: JobKind }[] }
  const names = kinds.getValues().map(({ name }) => name.replaceAll('_', '-').toLowerCase())
  expect(names.toSorted()).toEqual(jobNames.toSorted())
})

test('jobs are listed newest first, in pages, by kind and status, and found by id', async () => {
  const workspace = await api.workspace()
  const [a = '', b = '', c = '', d = ''] = await addJobs(workspace, [
    ['purge-trash', 'DONE'],
    ['render-thumbnails', 'RETRYING'],
    ['render-thumbnails', 'FAILED'],
    ['purge-trash', 'FAILED'],
  ])
  const idsOf = async (args?: string) => (await list(workspace, args)).nodes.map(({ id }) => id)
  expect(await idsOf()).toEqual([d, c, b, a])
  expect(await idsOf('(first: 2)')).toEqual([d, c])
  expect(await idsOf('(last: 1)')).toEqual([a])
  expect(await idsOf('(first: 2, orderBy: { field: CREATED_AT })')).toEqual([a, b])
  expect(await idsOf('(where: { kinds: [RENDER_THUMBNAILS] })')).toEqual([c, b])
  expect(await idsOf('(where: { statuses: [FAILED] })')).toEqual([d, c])
  expect(await idsOf('(where: { kinds: [PURGE_TRASH], statuses: [DONE, QUEUED] })')).toEqual([a])
  expect((await list(workspace, '(first: 1, where: { statuses: [FAILED] })')).totalCount).toBe(2)
  const fields =
    '{ ... on Job { id kind status failureMessage nextAttemptAt result { __typename } requestedBy { name } } }'
  const answer = await ask<object>(
    workspace.client,
    `{ node(id: "${b}") ${fields} job(id: "${b}") ${fields} }`,
  )
  const job = {
    id: b,
    kind: 'RENDER_THUMBNAILS',
    status: 'RETRYING',
    failureMessage: 'It broke.',
    nextAttemptAt: '2030-01-01T00:00:00.000Z',
    result: null,
    requestedBy: { name: 'Wordloom itself' },
  }
  expect(answer).toEqual({ node: job, job })
})

test('retryJob tries what was given up, once, and nobody sees or tries the jobs of another workspace', async () => {
  const [ours, theirs] = [await api.workspace(), await api.workspace()]
  const [failed = '', done = ''] = await addJobs(ours, [
    ['render-thumbnails', 'FAILED'],
    ['render-thumbnails', 'DONE'],
  ])
  const retry = ({ client }: Workspace, id: string) =>
    ask<{ retryJob: object }>(
      client,
      `mutation { retryJob(input: { jobId: "${id}" }) { __typename ... on Failure { message }
        ... on JobNotFailed { status } ... on RetryJobSuccess { job { id status attempts } } } }`,
    )
  expect(await list(theirs)).toEqual({ totalCount: 0, nodes: [] })
  const seen = await ask<object>(
    theirs.client,
    `{ job(id: "${failed}") { id } node(id: "${failed}") { id } }`,
  )
  expect(seen).toEqual({ job: null, node: null })
  expect(await retry(theirs, failed)).toMatchObject({ retryJob: { __typename: 'NotFound' } })
  expect(await retry(ours, 'nonsense')).toMatchObject({ retryJob: { __typename: 'NotFound' } })
  expect(await messagesOf(database.db, failed)).toEqual([])
  expect(await retry(ours, failed)).toMatchObject({
    retryJob: { job: { id: failed, status: 'QUEUED', attempts: 0 } },
  })
  expect(await retry(ours, failed)).toMatchObject({
    retryJob: { __typename: 'JobNotFailed', status: 'QUEUED' },
  })
  expect(await retry(ours, done)).toMatchObject({ retryJob: { __typename: 'JobNotFailed', status: 'DONE' } })
  expect(await messagesOf(database.db, failed)).toHaveLength(1)
})

test('a page of many jobs is found by an index', async () => {
  const workspace = await api.workspace()
  await database.db.pool.query(
    `insert into jobs (workspace_id, id, name, payload, status, requested_by, created_at)
     select $1, gen_random_uuid(), case when n % 100 = 0 then 'purge-trash' else 'render-thumbnails' end, '{}',
       (case when n % 100 = 1 then 'FAILED' else 'DONE' end)::job_status, 'system', now() from generate_series(1, 20000) as n`,
    [workspace.ctx.actor.workspaceId],
  )
  await database.db.pool.query('analyze jobs')
  for (const where of ['', '(where: { statuses: [FAILED] })', '(where: { kinds: [PURGE_TRASH] })']) {
    const statements = await statementsOf(() =>
      ask(workspace.client, `{ admin { jobs${where} { nodes { id } } } }`),
    )
    const statement = statements.find(({ text }) => text.includes('from jobs'))
    if (!statement) throw new Error('There was no statement.')
    const client = await database.db.pool.connect()
    try {
      for (const node of (await plansOf(client, statement)).flatMap(nodes)) {
        expect(node['Node Type']).not.toBe('Seq Scan')
        if (node['Node Type'] === 'Sort') expect(node['Plan Rows']).toBeLessThan(700)
      }
    } finally {
      client.release(true)
    }
  }
})
