import { rename, symlink, truncate, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { AccessDenied, defaultWorkspaceId } from '../../../src/domain/access.ts'
import { storedKey } from '../../../src/domain/storage-key.ts'
import {
  nothingVerified,
  type StorageProblem,
  type VerificationSoFar,
} from '../../../src/domain/verification.ts'
import { runVerification } from '../../../src/usecases/upkeep/request-verification.ts'
import { verifyStorage } from '../../../src/usecases/upkeep/verify-storage.ts'
import {
  buildBlock,
  buildCtx,
  buildPicture,
  imagesOf,
  removeTemporaryFolders,
} from '../../support/builders.ts'
import { useDatabase } from '../../support/database.ts'
import { stateOf } from '../../support/state.ts'

const database = useDatabase()
removeTemporaryFolders()

const day = 24 * 60 * 60 * 1000

/** A workspace of one's own with some pictures, as its owner. */
async function buildPictures(count: number) {
  const ctx = await buildCtx(database.db)
  const block = await buildBlock(ctx)
  const media = []
  for (let made = 0; made < count; made += 1) media.push((await buildPicture(ctx, imagesOf(block.id))).media)
  const pathOf = (key: string) => join(ctx.storageRoot, key)
  return { ctx, media, pathOf }
}

/** The owner of the installation, with the storage of another context. */
const operatorOf = <T extends Awaited<ReturnType<typeof buildCtx>>>(ctx: T): T => ({
  ...ctx,
  actor: { ...ctx.actor, workspaceId: defaultWorkspaceId },
})

const kinds = (problems: readonly StorageProblem[]) =>
  Object.fromEntries(problems.map(({ storageKey, kind }) => [storageKey, kind]))

test('every file that is not there, or not as its row says, is told, and nothing is changed', async () => {
  const { ctx, media, pathOf } = await buildPictures(5)
  expect(await verifyStorage(ctx, { hash: true })).toMatchObject({
    fileCount: 5,
    problemCount: 0,
    problems: [],
  })

  const [lost, cut, other, folder, good] = media.map(({ storageKey }) => storageKey)
  await rename(pathOf(lost ?? ''), join(ctx.storageRoot, 'elsewhere'))
  await truncate(pathOf(cut ?? ''), 100)
  const size = Number(media[2]?.sizeBytes)
  await writeFile(pathOf(other ?? ''), Buffer.alloc(size))
  await rename(pathOf(folder ?? ''), join(ctx.storageRoot, 'other'))
  // Where a file should be there is something that cannot be looked at.
  await symlink(pathOf(folder ?? ''), pathOf(folder ?? ''))
  const before = await stateOf(ctx)

  const quick = await verifyStorage(ctx)
  expect(kinds(quick.problems)).toEqual({
    [lost ?? '']: 'MISSING',
    [cut ?? '']: 'WRONG_SIZE',
    [folder ?? '']: 'UNREADABLE',
  })
  const whole = await verifyStorage(ctx, { hash: true })
  expect(kinds(whole.problems)).toEqual({ ...kinds(quick.problems), [other ?? '']: 'WRONG_HASH' })
  expect(whole.problems.map(({ storageKey }) => storageKey)).not.toContain(good)
  expect(whole).toMatchObject({ fileCount: 5, problemCount: 4 })
  expect(await stateOf(ctx)).toEqual(before)
})

test('objects that no row knows are a problem when they are 7 days old, by their name and by their time', async () => {
  const { ctx, pathOf } = await buildPictures(1)
  const operator = operatorOf(ctx)
  const add = async (name: string, madeMs: number, modifiedMs: number) => {
    const key = `files/${madeMs}-${name}-000000000001`
    await writeFile(pathOf(key), 'left')
    await utimes(pathOf(key), new Date(modifiedMs), new Date(modifiedMs))
    return key
  }
  const [now, old] = [ctx.clock.ms, ctx.clock.ms - 8 * day]
  const unknown = await add('jpg', old, old)
  await add('png', now, old)
  await add('gif', old, now)
  await writeFile(pathOf('files/notes.txt'), 'mine')

  const report = await verifyStorage(operator, { installation: true })
  const ours = report.problems.filter(({ kind }) => kind === 'UNKNOWN')
  expect(kinds(ours)).toEqual({ [unknown]: 'UNKNOWN' })
  expect(report).toMatchObject({ youngCount: 2, foreignCount: 1, objectCount: 4 })
  // What waits for its removal is known.
  await ctx.db.prisma.pendingDeletion.create({
    data: { workspaceId: ctx.actor.workspaceId, storageKey: unknown, sizeBytes: 4n, requestedAt: ctx.now() },
  })
  const after = await verifyStorage(operator, { installation: true })
  expect(after).toMatchObject({ waitingCount: 1 })
  expect(kinds(after.problems)[unknown]).toBeUndefined()
})

test('a file that is collected while it is looked at is no problem', async () => {
  const { ctx, media } = await buildPictures(1)
  const [medium] = media
  if (!medium) throw new Error('There is no picture.')
  const { workspaceId } = ctx.actor
  const storage = {
    ...ctx.storage,
    size: async (key: Parameters<typeof ctx.storage.size>[0]) => {
      await ctx.db.prisma.media.deleteMany({ where: { workspaceId } })
      await ctx.db.prisma.thumbnail.deleteMany({ where: { workspaceId } })
      await ctx.db.prisma.blob.deleteMany({ where: { workspaceId } })
      await ctx.storage.remove(storedKey(medium.storageKey))
      return ctx.storage.size(key)
    },
  }
  expect(await verifyStorage({ ...ctx, storage })).toMatchObject({ fileCount: 1, problemCount: 0 })
})

test('a storage that gives nothing out is told as such, instead of a problem for each file', async () => {
  const { ctx } = await buildPictures(9)
  const storage = { ...ctx.storage, size: () => Promise.reject(new Error('The disk is gone.')) }
  await expect(verifyStorage({ ...ctx, storage })).rejects.toThrow(/cannot be read.*The disk is gone/)
})

test('only owners verify, and the whole installation only those of the default workspace', async () => {
  const ctx = await buildCtx(database.db)
  const editor = { ...ctx, actor: { ...ctx.actor, role: 'EDITOR' as const } }
  await expect(verifyStorage(editor)).rejects.toThrow(AccessDenied)
  await expect(verifyStorage(ctx, { installation: true })).rejects.toThrow(AccessDenied)
  expect(await verifyStorage(ctx)).toMatchObject({ fileCount: 0, problemCount: 0 })
})

test('a verification that was ended goes on where it was', async () => {
  const { ctx } = await buildPictures(18)
  const stopping = new AbortController()
  const seen: VerificationSoFar[] = []
  const onProgress = (report: VerificationSoFar) => {
    seen.push(report)
    stopping.abort()
  }
  await verifyStorage(ctx, { hash: true, signal: stopping.signal, onProgress })
  expect(seen).toMatchObject([{ fileCount: 16 }])
  const [before] = seen
  expect(await verifyStorage(ctx, { hash: true, before })).toMatchObject({ fileCount: 18, problemCount: 0 })
})

test('a job whose turn is over while it looks at the objects ends with that look, instead of beginning it again for ever', async () => {
  const { ctx } = await buildPictures(2)
  const operator = operatorOf(ctx)
  const turn = new AbortController()
  const storage = {
    ...ctx.storage,
    list: (category: Parameters<typeof ctx.storage.list>[0]) => {
      // The last one; there is one look at the files before.
      if (category === 'thumbnails') turn.abort()
      return ctx.storage.list(category)
    },
  }
  const attempt = { before: undefined, signal: turn.signal, onProgress: () => Promise.resolve() }
  const request = { hash: false, installation: true }
  expect(await runVerification({ ...operator, storage }, request, attempt)).toMatchObject({
    complete: true,
    objectCount: 2,
  })
  // What was not looked at at all is gone on with.
  await expect(runVerification(operator, request, attempt)).rejects.toThrow()
})

test('a storage that is not there is told at once, and what it seemed to have lost is forgotten', async () => {
  const { ctx } = await buildPictures(2)
  const folder = join(ctx.storageRoot, 'files')
  await rename(folder, `${folder}-away`)
  const told: VerificationSoFar[] = []
  const request = { hash: false, installation: false }
  const before = { ...nothingVerified, problemCount: 2 }
  const attempt = {
    before,
    signal: new AbortController().signal,
    onProgress: (soFar: VerificationSoFar) => Promise.resolve(void told.push(soFar)),
  }
  await expect(runVerification(ctx, request, attempt)).rejects.toThrow('ENOENT')
  expect(told).toMatchObject([{ fileCount: 0, problemCount: 0 }])
  await rename(`${folder}-away`, folder)
  expect(await runVerification(ctx, request, { ...attempt, before: told[0] })).toMatchObject({
    fileCount: 2,
    problemCount: 0,
  })
})
