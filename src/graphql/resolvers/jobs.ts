import { assertCan, can } from '../../domain/access.ts'
import { fromStored } from '../../domain/stored-json.ts'
import { retryJob } from '../../usecases/job-control/retry-job.ts'
import { connectionResolvers } from '../connection.ts'
import type { JobKind, Resolvers, ResolversTypes } from '../generated.ts'
import { conditionsOf } from '../../db/conditions.ts'
import { chosenOrder } from '../../db/orders.ts'
import { listOf } from './lists.ts'
import { answerWith } from './answer.ts'

/** The result types of jobs that clients can request. */
const reportOf: Partial<Record<JobKind, string>> = {
  PURGE_TRASH: 'PurgeReport',
  COLLECT_GARBAGE: 'GarbageCollectionReport',
  VERIFY_STORAGE: 'VerificationReport',
  COPY_ITEMS: 'CopyReport',
}

/** Converts between the kind of a job and the name of its queue. */
const kindOf = (name: string) => name.replaceAll('-', '_').toUpperCase() as JobKind
const nameOf = (kind: JobKind) => kind.replaceAll('_', '-').toLowerCase()

export const jobs: Resolvers = {
  Query: {
    job: async (_root, { id }, { loaders, actor }) => {
      assertCan(actor, 'read')
      const job = await loaders.jobs.load(id)
      if (job?.requestedBy !== actor.id) assertCan(actor, 'manage')
      return job?.listed ? job : null
    },
  },
  Admin: {
    jobs: async (_root, { where, orderBy, ...args }, ctx) => {
      assertCan(ctx.actor, 'manage')
      const { field, direction } = orderBy ?? { field: 'CREATED_AT', direction: 'DESC' }
      const order = chosenOrder('jobs', field, direction)
      const conditions = conditionsOf('jobs', { names: where?.kinds?.map(nameOf), statuses: where?.statuses })
      return listOf(ctx, 'jobs', conditions, order, args)
    },
  },
  Mutation: {
    retryJob: answerWith('RetryJob', retryJob, (job) => ({ job })),
  },
  Job: {
    kind: ({ name }) => kindOf(name),
    jobKind: ({ name }) => kindOf(name),
    jobStatus: ({ status }) => status,
    requestedBy: ({ requestedBy }) => ({ id: requestedBy }),
    viewerCanRetry: ({ status }, _args, { actor }) => status === 'FAILED' && can(actor, 'manage'),
    failureMessage: ({ failure }) => failure,
    progress: ({ done, total }) => ({ done, total }),
    result: ({ name, result }) => {
      const report = reportOf[kindOf(name)]
      if (report === undefined || result === null) return null
      const fields = fromStored(result) as object
      return { __typename: report, ...fields } as unknown as ResolversTypes['JobReport']
    },
  },
  JobConnection: connectionResolvers(),
}
