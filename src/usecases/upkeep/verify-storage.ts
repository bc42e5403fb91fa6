import { createHash } from 'node:crypto'
import { unknownKeys } from '../../db/upkeep/garbage.ts'
import {
  countThumbnails,
  countFiles,
  countKnown,
  fileNow,
  type FileRow,
  filesAfter,
} from '../../db/upkeep/verification.ts'
import { assertCan, assertCanOperate } from '../../domain/access.ts'
import { collectableSince, unknownSince } from '../../domain/garbage-collection.ts'
import { storedKey } from '../../domain/storage-key.ts'
import {
  fileProblem,
  type FoundFile,
  nothingVerified,
  type StorageProblem,
  type VerificationReport,
  type VerificationSoFar,
} from '../../domain/verification.ts'
import type { Ctx } from '../context.ts'

/** Files that are looked at together. */
const atOnce = 8
/** Rows that are read together; where it goes on after an end is between two pages. */
const pageSizes = { look: 500, hash: 2 * atOnce }
/** Files that cannot be read, one after the other: then it is the storage that cannot. */
const mostUnreadable = 8
/** So many problems are in the report. */
const mostShown = 100

const firstId = '00000000-0000-0000-0000-000000000000'

export interface Verification {
  /** Reads all bytes and compares their hashes. */
  readonly hash?: boolean
  /** All workspaces, and the objects that no row knows. */
  readonly installation?: boolean
  /** What was found before it was ended; it goes on from there. */
  readonly before?: VerificationSoFar | undefined
  /** Ends it between two files; what was found until then is told. */
  readonly signal?: AbortSignal
  readonly onProgress?: (report: VerificationSoFar, done: number, total: number) => Promise<void> | void
  /** Told of every problem. */
  readonly onProblem?: (problem: StorageProblem) => void
}

/**
 * Looks whether the bytes of every file are there, with the right size and, on request, hash; for the whole installation also
 * whether every object has a row. Changes nothing. What is uploaded, purged or collected meanwhile is no problem.
 */
export async function verifyStorage(ctx: Ctx, verification: Verification = {}): Promise<VerificationReport> {
  assertCan(ctx.actor, 'manage')
  const { hash = false, installation = false, before, signal } = verification
  if (installation) assertCanOperate(ctx.actor)
  const tally: Tally = { report: before ?? { ...nothingVerified, hash, installation } }
  const workspaceIds = installation ? await allWorkspaces(ctx) : [ctx.actor.workspaceId]
  await expectStorage(ctx)
  const total = await countFiles(ctx.db, workspaceIds)
  const from = before?.cursor
  for (const workspaceId of workspaceIds.filter((id) => !from || id >= from.workspaceId))
    await verifyFiles(ctx, verification, workspaceId, total, tally)
  if (signal?.aborted) return tally.report
  if (installation) await verifyObjects(ctx, verification, tally)
  return { ...tally.report, complete: true }
}

/** A storage that is not there at all is told as that, not as the loss of every file. */
async function expectStorage({ storage }: Ctx) {
  for await (const _page of storage.list('files')) return
}

interface Tally {
  report: VerificationSoFar
}

async function allWorkspaces({ db }: Ctx) {
  const rows = await db.prisma.workspace.findMany({ select: { id: true }, orderBy: { id: 'asc' } })
  return rows.map(({ id }) => id)
}

function tell(tally: Tally, { onProblem }: Verification, problem: StorageProblem) {
  const { report } = tally
  const problems = report.problems.length < mostShown ? [...report.problems, problem] : report.problems
  tally.report = { ...report, problemCount: report.problemCount + 1, problems }
  onProblem?.(problem)
}

async function verifyFiles(
  ctx: Ctx,
  verification: Verification,
  workspaceId: string,
  total: number,
  tally: Tally,
) {
  const { hash = false, signal, onProgress } = verification
  let unreadable = 0
  const verifyOne = async (row: FileRow) => {
    const problem = await problemOf(ctx, row, hash)
    if (problem) tell(tally, verification, { ...problem, storageKey: row.storageKey, workspaceId })
    unreadable = problem?.kind === 'UNREADABLE' ? unreadable + 1 : 0
    if (unreadable >= mostUnreadable) throw new Error(`The storage cannot be read. ${problem?.message ?? ''}`)
    const { report } = tally
    tally.report = {
      ...report,
      fileCount: report.fileCount + 1,
      fileBytes: report.fileBytes + row.sizeBytes,
    }
  }
  const { cursor } = tally.report
  for (let after = cursor?.workspaceId === workspaceId ? cursor.after : firstId; !signal?.aborted;) {
    const page = await filesAfter(ctx.db, workspaceId, after, hash ? pageSizes.hash : pageSizes.look)
    const last = page.at(-1)
    if (!last) return
    const waiting = [...page]
    const work = async () => {
      for (let next = waiting.shift(); next && !signal?.aborted; next = waiting.shift()) await verifyOne(next)
    }
    await Promise.all(Array.from({ length: atOnce }, work))
    // Else some of the page were not looked at.
    if (waiting.length > 0) return
    tally.report = { ...tally.report, cursor: { workspaceId, after: last.id } }
    await onProgress?.(tally.report, tally.report.fileCount, Math.max(total, tally.report.fileCount))
    after = last.id
  }
}

/** What is wrong with a file, looked at again when its row has changed meanwhile. */
async function problemOf(ctx: Ctx, row: FileRow, hash: boolean): Promise<ReturnType<typeof fileProblem>> {
  const problem = fileProblem(row, await look(ctx, row, hash))
  if (!problem) return undefined
  const now = await fileNow(ctx.db, row)
  // Collected meanwhile, or its lost bytes came again.
  if (!now) return undefined
  return now.storageKey === row.storageKey ? problem : problemOf(ctx, now, hash)
}

async function look({ storage }: Ctx, { storageKey }: FileRow, hash: boolean): Promise<FoundFile> {
  const key = storedKey(storageKey)
  try {
    const sizeBytes = await storage.size(key)
    if (sizeBytes === null || !hash) return sizeBytes === null ? null : { sizeBytes, sha256: null }
    const sum = createHash('sha256')
    for await (const chunk of storage.read(key)) sum.update(chunk as Buffer)
    return { sizeBytes, sha256: sum.digest('hex') }
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) }
  }
}

/**
 * Looks whether a row knows every object; as a whole, since a listing cannot be gone on with. What is young may be of an upload that
 * is under way.
 */
async function verifyObjects(ctx: Ctx, verification: Verification, tally: Tally) {
  const until = collectableSince(ctx.now())
  // Counted first: what is made meanwhile is not missed then.
  const thumbnailRows = await countThumbnails(ctx.db)
  let thumbnailsFound = 0
  for (const category of ['files', 'thumbnails'] as const) {
    for await (const { objects, others } of ctx.storage.list(category)) {
      const keys = objects.map(({ key }) => key)
      const { derived, waiting } = await countKnown(ctx.db, keys)
      const unknown = await unknownKeys(ctx.db, keys)
      thumbnailsFound += derived
      let young = 0
      for (const object of objects.filter(({ key }) => unknown.has(key))) {
        if (unknownSince(object) > until) {
          young += 1
          continue
        }
        // Collected since it was listed.
        if ((await ctx.storage.size(object.key)) === null) continue
        const message =
          'No row knows it. The next garbage collection removes it, unless the safety limit stops it.'
        tell(tally, verification, { kind: 'UNKNOWN', storageKey: object.key, workspaceId: null, message })
      }
      const { report } = tally
      tally.report = {
        ...report,
        objectCount: report.objectCount + objects.length,
        foreignCount: report.foreignCount + others,
        youngCount: report.youngCount + young,
        waitingCount: report.waitingCount + waiting,
      }
    }
  }
  tally.report = { ...tally.report, missingThumbnailCount: Math.max(0, thumbnailRows - thumbnailsFound) }
}
