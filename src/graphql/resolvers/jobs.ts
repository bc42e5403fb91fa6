import { fromStored } from '../../usecases/jobs.ts'
import type { JobKind, Resolvers, ResolversTypes } from '../generated.ts'

const reportOf = {
  PURGE_TRASH: 'PurgeReport',
  COLLECT_GARBAGE: 'CollectionReport',
} as const satisfies Record<JobKind, string>

/** The kind by the name of the queue. */
const kindOf = (name: string) => name.replaceAll('-', '_').toUpperCase() as JobKind

export const jobs: Resolvers = {
  Query: {
    job: async (_root, { id }, { loaders }) => (await loaders.jobs.load(id)) ?? null,
  },
  Job: {
    kind: ({ name }) => kindOf(name),
    requestedBy: ({ requestedBy }) => ({ id: requestedBy }),
    progress: ({ done, total }) => ({ done, total }),
    result: ({ name, result }) =>
      result === null
        ? null
        : ({
            __typename: reportOf[kindOf(name)],
            ...(fromStored(result) as object),
          } as unknown as ResolversTypes['JobReport']),
  },
}
