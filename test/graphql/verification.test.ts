import { expect, test } from 'vitest'
import { defaultWorkspaceId } from '../../src/domain/access.ts'
import { newId } from '../../src/usecases/context.ts'
import { runVerification } from '../../src/usecases/upkeep/request-verification.ts'
import { buildBlock, buildPicture, imagesOf } from '../support/builders.ts'
import { storedKey } from '../../src/domain/storage-key.ts'
import { ask, useApi } from '../support/api.ts'
import { useDatabase } from '../support/database.ts'
import { hold, interleave } from '../support/waiting.ts'

const database = useDatabase()
const api = useApi(database)

const verify = `mutation ($input: VerifyStorageInput!) { verifyStorage(input: $input) { __typename
  ... on VerifyStorageSuccess { job { id kind status } } ... on VerificationUnderWay { message job { id } } } }`
const result = `query ($id: ID!) { job(id: $id) { status result { ... on VerificationReport {
  hash installation fileCount fileBytes problemCount problems { kind storageKey workspaceId message } } } } }`

type Asked = { verifyStorage: { __typename: string; job: { id: string } } }

test("of two who ask for a verification at once the second one is told of the first one's", async () => {
  const { client } = await api.workspace()
  const asking = () => ask<Asked>(client, verify, { input: {} })
  // Who only looks whether there is a job is not held up.
  const held = await hold(database.db, 'lock table jobs in exclusive mode', [])
  const [first, second] = await interleave(database.db, held, asking, asking)
  expect(first.verifyStorage.__typename).toBe('VerifyStorageSuccess')
  expect(second.verifyStorage).toMatchObject({
    __typename: 'VerificationUnderWay',
    job: { id: first.verifyStorage.job.id },
  })
})

test('the owner of a workspace has its storage verified by a job, one at a time', async () => {
  const { ctx, client } = await api.workspace()
  const block = await buildBlock(ctx)
  const { media } = await buildPicture(ctx, imagesOf(block.id))
  await ctx.storage.remove(storedKey(media.storageKey))

  const { verifyStorage: asked } = await ask<Asked>(client, verify, { input: { hash: true } })
  expect(asked).toMatchObject({ job: { kind: 'VERIFY_STORAGE', status: 'QUEUED' } })
  const again = await ask<Asked>(client, verify, { input: {} })
  expect(again.verifyStorage).toMatchObject({ __typename: 'VerificationUnderWay', job: { id: asked.job.id } })

  // What the worker does.
  const request = { hash: true, installation: false }
  const { signal } = new AbortController()
  const report = await runVerification(ctx, request, {
    before: undefined,
    onProgress: () => Promise.resolve(),
    signal,
  })
  expect(report).toMatchObject({ fileCount: 1, problemCount: 1 })
  const stored = JSON.parse(
    JSON.stringify(report, (_name, value: unknown) =>
      typeof value === 'bigint' ? { bigint: String(value) } : value,
    ),
  ) as object
  const where = { workspaceId_id: { workspaceId: ctx.actor.workspaceId, id: asked.job.id } }
  await ctx.db.prisma.job.update({ where, data: { status: 'DONE', result: stored } })
  const { job } = await ask<{ job: object }>(client, result, { id: asked.job.id })
  expect(job).toEqual({
    status: 'DONE',
    result: {
      ...{
        hash: true,
        installation: false,
        fileCount: 1,
        fileBytes: String(media.sizeBytes),
        problemCount: 1,
      },
      problems: [
        {
          kind: 'MISSING',
          storageKey: media.storageKey,
          workspaceId: ctx.actor.workspaceId,
          message: expect.stringMatching(/backup/) as string,
        },
      ],
    },
  })
})

test('the whole installation is verified for owners of the default workspace only', async () => {
  const { client } = await api.workspace()
  const refused = await client.send(verify, { input: { installation: true } })
  expect(refused.errors[0]?.extensions?.code).toBe('FORBIDDEN')
  const operator = api.client({ 'x-workspace-id': defaultWorkspaceId })
  const { verifyStorage: asked } = await ask<{ verifyStorage: { __typename: string } }>(operator, verify, {
    input: { installation: true },
  })
  expect(asked.__typename).toBe('VerifyStorageSuccess')
  expect(await ask(operator, result, { id: newId() })).toEqual({ job: null })
})
