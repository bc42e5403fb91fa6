import type { App } from '../app.ts'
import { fromStored } from '../domain/stored-json.ts'
import { Failure } from '../domain/failure.ts'
import { isUuid } from '../domain/text.ts'
import { newId, systemActor } from '../usecases/context.ts'
import { retryJob } from '../usecases/job-control/retry-job.ts'
import { plain } from './progress.ts'

export interface JobsOptions {
  readonly failed?: boolean
  readonly json?: boolean
}

/** The maximum number of listed jobs. */
const most = 100

/** Lists the newest jobs of every workspace, or only the failed ones. */
export async function listJobs({ services: { db } }: App, { failed = false, json = false }: JobsOptions) {
  const rows = await db.prisma.job.findMany({
    where: failed ? { listed: true, status: 'FAILED' } : { listed: true },
    orderBy: { id: 'desc' },
    take: most,
  })
  if (json) {
    const listed = rows.map((row) => ({
      ...row,
      payload: fromStored(row.payload),
      result: fromStored(row.result),
    }))
    console.log(JSON.stringify(listed, plain, 2))
    return
  }
  if (rows.length === 0) console.log(failed ? 'No job has failed.' : 'There are no jobs.')
  for (const { id, name, status, attempts, createdAt, nextAttemptAt, failure } of rows) {
    const next = nextAttemptAt ? `, next attempt ${nextAttemptAt.toISOString()}` : ''
    console.log(`${id} ${name} ${status}, attempts ${attempts}, requested ${createdAt.toISOString()}${next}`)
    if (failure !== null) console.log(`  ${failure}`)
  }
}

/** Restarts a failed job; a server or a worker runs it. Returns false if that is not possible. */
export async function retry({ services, log }: App, jobId: string): Promise<boolean> {
  const row = isUuid(jobId) ? await services.db.prisma.job.findFirst({ where: { id: jobId } }) : null
  if (!row) {
    console.error(`There is no job ${jobId}.`)
    return false
  }
  const ctx = { ...services, log, actor: systemActor(row.workspaceId), requestId: newId() }
  const result = await retryJob(ctx, { jobId })
  if (result instanceof Failure) console.error(result.message)
  else console.log(`Job ${jobId} waits for its turn. A running server or worker will run it.`)
  return !(result instanceof Failure)
}
