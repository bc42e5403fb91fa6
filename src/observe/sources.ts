import { setTimeout as delay } from 'node:timers/promises'
import { Gauge, type Registry } from 'prom-client'
import type { QueuedJobs, QuotaTotals, Sources } from './metrics.ts'

/** How long the database may take, in milliseconds: Prometheus waits for ten seconds. */
const answerMs = 4_000

/**
 * Adds what is read when the metrics are asked for. The result reads it; if the database does not answer, what comes from
 * there is missing.
 */
export function watchSources(registers: Registry[], sources: Sources): () => Promise<void> {
  new Gauge({
    name: 'wordloom_build_info',
    help: 'The version of the server; always 1.',
    labelNames: ['version'],
    registers,
  }).set({ version: sources.version }, 1)
  watchPool(registers, sources)
  const up = new Gauge({
    name: 'wordloom_database_up',
    help: '1 if the database answered when the metrics were read, else 0.',
    registers,
  })
  const [setQueue, setQuota] = [queueGauges(registers), quotaGauges(registers)]
  return async () => {
    const overdue = new AbortController()
    const read = await Promise.race([
      Promise.all([sources.queue(), sources.quota()]).catch(() => undefined),
      delay(answerMs, undefined, { signal: overdue.signal }),
    ])
    overdue.abort()
    up.set(read ? 1 : 0)
    setQueue(read?.[0] ?? [])
    setQuota(read?.[1])
  }
}

function watchPool(registers: Registry[], { pool, poolSize }: Sources) {
  new Gauge({
    name: 'wordloom_database_pool_connections',
    help: 'Connections to the database that are open, and those of them that are idle.',
    labelNames: ['state'],
    registers,
    collect() {
      this.set({ state: 'open' }, pool.totalCount)
      this.set({ state: 'idle' }, pool.idleCount)
    },
  })
  new Gauge({
    name: 'wordloom_database_pool_waiting',
    help: 'Requests that wait for a free connection.',
    registers,
    collect() {
      this.set(pool.waitingCount)
    },
  })
  new Gauge({
    name: 'wordloom_database_pool_max_connections',
    help: 'The maximum number of connections of this process.',
    registers,
  }).set(poolSize)
}

/** Jobs are the same for every process, because the queue is in the database. */
function queueGauges(registers: Registry[]) {
  const jobs = new Gauge({
    name: 'wordloom_jobs',
    help: 'Jobs in the queue of all processes, by kind and state. Failed ones are kept for 90 days.',
    labelNames: ['kind', 'state'],
    registers,
  })
  const age = new Gauge({
    name: 'wordloom_job_oldest_due_seconds',
    help: 'For how long the first of the waiting jobs has been due, by kind.',
    labelNames: ['kind'],
    registers,
  })
  return (queued: readonly QueuedJobs[]) => {
    jobs.reset()
    age.reset()
    for (const { kind, waiting, running, failed, oldestSeconds } of queued) {
      jobs.set({ kind, state: 'waiting' }, waiting)
      jobs.set({ kind, state: 'running' }, running)
      jobs.set({ kind, state: 'failed' }, failed)
      age.set({ kind }, oldestSeconds)
    }
  }
}

/** One number for all workspaces together, since they may be many. */
function quotaGauges(registers: Registry[]) {
  const gauge = (name: string, help: string) => new Gauge({ name, help, labelNames: ['scope'], registers })
  const all = { scope: 'all' }
  const used = gauge('wordloom_quota_used_bytes', 'Bytes in use in all workspaces together.')
  const limit = gauge('wordloom_quota_limit_bytes', 'The quotas of all workspaces together.')
  const workspaces = gauge(
    'wordloom_workspaces',
    'Workspaces, and those that use 90 % of their quota or more.',
  )
  return (quota: QuotaTotals | undefined) => {
    for (const each of [used, limit, workspaces]) each.reset()
    if (!quota) return
    used.set(all, Number(quota.usedBytes))
    limit.set(all, Number(quota.limitBytes))
    workspaces.set(all, quota.workspaces)
    workspaces.set({ scope: 'nearly_full' }, quota.nearlyFull)
  }
}
