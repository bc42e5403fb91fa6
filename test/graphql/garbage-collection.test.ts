import { expect, test } from 'vitest'
import { defaultWorkspaceId } from '../../src/domain/access.ts'
import { graceMs } from '../../src/domain/garbage-collection.ts'
import { trashItem } from '../../src/usecases/trash/trash.ts'
import { ask, useApi } from '../support/api.ts'
import { buildBlock, buildPicture, imagesOf, succeeded } from '../support/builders.ts'
import { buildOrphan } from '../support/upkeep/collecting.ts'
import { useDatabase } from '../support/database.ts'
import { runJobsUntil } from '../support/jobs/running-jobs.ts'
import { hold, interleave } from '../support/waiting.ts'

const database = useDatabase()
const api = useApi(database)

const collectGarbage = `mutation ($input: CollectGarbageInput!) { collectGarbage(input: $input) { __typename
  ... on CollectGarbageSuccess { job { id kind status } } ... on GarbageCollectionUnderWay { message job { id } } } }`

const jobWithReport = `query ($id: ID!) { job(id: $id) { status progress { done total } result { ... on GarbageCollectionReport {
  dryRun fileCount fileBytes thumbnailCount unknownCount youngCount foreignCount listedCount
  safetyLimit { safetyLimitReason message objectCount bytes } examples { storageKey sizeBytes why since } } } } }`

interface Asked {
  readonly collectGarbage: { __typename: string; job: { id: string; kind: string; status: string } }
}

test("of two who ask for a collection at once the second one is told of the first one's", async () => {
  const { client } = await api.workspace()
  const asking = () => ask<Asked>(client, collectGarbage, { input: {} })
  // Who only looks whether there is a job is not held up.
  const held = await hold(database.db, 'lock table jobs in exclusive mode', [])
  const [first, second] = await interleave(database.db, held, asking, asking)
  expect(first.collectGarbage.__typename).toBe('CollectGarbageSuccess')
  expect(second.collectGarbage).toMatchObject({
    __typename: 'GarbageCollectionUnderWay',
    job: { id: first.collectGarbage.job.id },
  })
})

test('a collection is a job, whose result says what went; a second one is not begun beside it', async () => {
  const { ctx, client } = await api.workspace()
  ctx.clock.ms -= graceMs
  const { media } = await buildOrphan(ctx)
  ctx.clock.ms += graceMs
  const input = { dryRun: true, installation: false, force: false }
  const asked = await ask<Asked>(client, collectGarbage, { input })
  const { id } = asked.collectGarbage.job
  expect(asked.collectGarbage).toMatchObject({
    __typename: 'CollectGarbageSuccess',
    job: { kind: 'COLLECT_GARBAGE', status: 'QUEUED' },
  })
  expect((await ask<Asked>(client, collectGarbage, { input: {} })).collectGarbage).toMatchObject({
    __typename: 'GarbageCollectionUnderWay',
    job: { id },
  })
  const { workspaceId } = ctx.actor
  const row = () => database.db.prisma.job.findUnique({ where: { workspaceId_id: { workspaceId, id } } })
  // The daily job at a start asks for collections as well.
  const collecting = () =>
    database.db.prisma.job.count({
      where: {
        name: { in: ['daily-garbage-collection', 'collect-garbage'] },
        status: { notIn: ['DONE', 'FAILED'] },
      },
    })
  await runJobsUntil(
    ctx,
    database,
    async () => (await row())?.status === 'DONE' && (await collecting()) === 0,
  )
  expect(await ask(client, jobWithReport, { id })).toEqual({
    job: {
      status: 'DONE',
      progress: { done: 1, total: 1 },
      result: {
        ...{ dryRun: true, fileCount: 1, fileBytes: String(media.sizeBytes), thumbnailCount: 0 },
        ...{ unknownCount: 0, youngCount: 0, foreignCount: 0, listedCount: 0, safetyLimit: null },
        examples: [
          {
            storageKey: media.storageKey,
            sizeBytes: String(media.sizeBytes),
            why: 'ORPHANED',
            since: new Date(ctx.clock.ms - graceMs).toISOString(),
          },
        ],
      },
    },
  })
  expect((await ask<Asked>(client, collectGarbage, { input: {} })).collectGarbage.__typename).toBe(
    'CollectGarbageSuccess',
  )
})

test('the installation is collected in the default workspace only', async () => {
  const { client } = await api.workspace()
  const variables = { input: { installation: true } }
  expect((await client.send(collectGarbage, variables)).errors[0]?.extensions?.code).toBe('FORBIDDEN')
  const operator = api.client({ 'x-workspace-id': defaultWorkspaceId })
  expect((await ask<Asked>(operator, collectGarbage, variables)).collectGarbage.__typename).toBe(
    'CollectGarbageSuccess',
  )
})

const whyKept = `query ($input: WhyKeptInput!) { admin { whyKept(input: $input) { state message storageKey sizeBytes workspaceId
  mediaCount media { id trash { purgeAfter } } since goesAt attempts failureMessage } } }`

test('one can ask why bytes are kept by a medium, a key or a hash', async () => {
  const { ctx, client } = await api.workspace()
  const { media } = await buildPicture(ctx, imagesOf((await buildBlock(ctx)).id))
  const { deletion } = succeeded(await trashItem(ctx, { kind: 'MEDIA', id: media.id }))
  for (const input of [{ mediaId: media.id }, { storageKey: media.storageKey }, { sha256: media.sha256 }])
    expect(await ask(client, whyKept, { input })).toMatchObject({
      admin: {
        whyKept: {
          state: 'IN_TRASH',
          storageKey: media.storageKey,
          mediaCount: 1,
          media: [{ id: media.id, trash: { purgeAfter: deletion.purgeAfter.toISOString() } }],
          goesAt: deletion.purgeAfter.toISOString(),
        },
      },
    })
  expect(await ask(client, whyKept, { input: { mediaId: 'none' } })).toMatchObject({
    admin: { whyKept: { state: 'NOT_FOUND', media: [] } },
  })
  for (const input of [{ sha256: 'a\0b' }, { storageKey: 'a\0b' }, { mediaId: '' }])
    expect(await ask(client, whyKept, { input })).toMatchObject({
      admin: { whyKept: { state: 'NOT_FOUND' } },
    })
  for (const input of [{}, { mediaId: media.id, storageKey: media.storageKey }])
    expect((await client.send(whyKept, { input })).errors[0]?.extensions?.code).toBe('BAD_USER_INPUT')
})
