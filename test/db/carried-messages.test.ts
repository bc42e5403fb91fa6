import { readdir, readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { defaultWorkspaceId } from '../../src/domain/access.ts'
import { newId } from '../../src/usecases/context.ts'
import { useScratchDatabases } from '../support/scratch.ts'

const scratch = useScratchDatabases()
const folder = new URL('../../prisma/migrations/', import.meta.url)
const carrying = '20261130000002_one_queue'
const sqlOf = (name: string) => readFile(new URL(`${name}/migration.sql`, folder), 'utf8')

/** The columns of pg-boss 10 that the migration reads, with the types they have there. */
const pgBoss = `create schema pgboss;
  create type pgboss.job_state as enum ('created', 'retry', 'active', 'completed', 'cancelled', 'failed');
  create table pgboss.schedule (name text primary key, cron text not null);
  create table pgboss.job (id uuid not null default gen_random_uuid(), name text not null, data jsonb,
    state pgboss.job_state not null default 'created', start_after timestamptz not null default now(),
    started_on timestamptz, created_on timestamptz not null default now()) partition by list (name);
  create table pgboss.all_jobs partition of pgboss.job default`

test('messages of pg-boss are carried over as jobs, once, and what others keep there stays', async () => {
  const { db } = await scratch()
  const names = (await readdir(folder)).filter((name) => /^\d/.test(name)).sort()
  for (const name of names.slice(0, names.indexOf(carrying))) await db.pool.query(await sqlOf(name))
  await db.pool.query(pgBoss)
  const [queued, running, workspaceId] = [newId(), newId(), newId()]
  await db.pool.query(
    `insert into workspaces (id, name, created_at, updated_at) values ($1, 'Other', now(), now())`,
    [workspaceId],
  )
  await db.pool.query(
    `insert into jobs (workspace_id, id, name, payload, status, requested_by, attempts, created_at) values
       ($1, $2, 'purge-trash', '{}', 'RETRYING', 'owner', 2, now()), ($1, $3, 'purge-trash', '{}', 'RUNNING', 'owner', 1, now())`,
    [workspaceId, queued, running],
  )
  const send = (name: string, state: string, data: object | null) =>
    db.pool.query(
      `insert into pgboss.job (name, state, data, created_on, started_on, start_after)
       values ($1, $2::text::pgboss.job_state, $3, '2026-11-01T00:00:00Z', case when $2::text <> 'created' then now() end, '2026-12-24T00:00:00Z')`,
      [name, state, data],
    )
  await send('purge-trash', 'created', { workspaceId, jobId: queued })
  await send('purge-trash', 'active', { workspaceId, jobId: running })
  await send('render-thumbnails', 'created', { workspaceId, blobId: queued })
  await send('render-thumbnails', 'active', { workspaceId, blobId: running })
  await send('render-thumbnails', 'completed', { workspaceId, blobId: newId() })
  await send('daily-collection', 'created', null)
  await send('remove-objects', 'failed', {})
  await send('sweep-storage', 'created', { workspaceId: 'nonsense' })
  await send('theirs', 'created', {})
  await db.pool.query(
    `insert into pgboss.schedule values ('daily-purge', '0 0 * * *'), ('theirs', '0 0 * * *')`,
  )

  await db.pool.query(await sqlOf(carrying))

  const jobs = await db.prisma.job.findMany({ orderBy: [{ name: 'asc' }, { attempts: 'asc' }] })
  const later = new Date('2026-12-24T00:00:00Z')
  const unlisted = { listed: false, requestedBy: 'system', createdAt: new Date('2026-11-01T00:00:00Z') }
  expect(jobs).toMatchObject([
    {
      ...unlisted,
      name: 'daily-garbage-collection',
      workspaceId: defaultWorkspaceId,
      status: 'QUEUED',
      payload: {},
    },
    { name: 'purge-trash', id: running, listed: true, status: 'RUNNING', attempts: 1 },
    { name: 'purge-trash', id: queued, listed: true, status: 'RETRYING', attempts: 2, dueAt: later },
    { ...unlisted, name: 'remove-objects', status: 'RUNNING', attempts: 1 },
    {
      ...{ ...unlisted, name: 'render-thumbnails', workspaceId, status: 'QUEUED', attempts: 0 },
      ...{ payload: { workspaceId, blobId: queued }, dueAt: later },
    },
    { ...unlisted, name: 'render-thumbnails', status: 'RUNNING', attempts: 1 },
    { ...unlisted, name: 'sweep-storage', workspaceId: defaultWorkspaceId, status: 'QUEUED' },
  ])
  // UUIDs of version 7, by when they were enqueued.
  for (const { id } of jobs.filter(({ listed }) => !listed))
    expect(id).toMatch(/^01a19467-e800-7[0-9a-f]{3}-[89ab]/)
  expect((await db.pool.query('select name from pgboss.job')).rows).toEqual([{ name: 'theirs' }])
  expect((await db.pool.query('select name from pgboss.schedule')).rows).toEqual([{ name: 'theirs' }])
})
