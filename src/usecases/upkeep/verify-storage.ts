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
import { assertCanInScope } from '../../domain/access.ts'
import { collectableSince, unknownSince } from '../../domain/garbage-collection.ts'
import { storedKey } from '../../domain/storage-key.ts'
import { zeroUuid } from '../../domain/text.ts'
import {
  fileProblem,
  type FoundFile,
  nothingVerified,
  type StorageProblem,
  type VerificationReport,
  type VerificationSoFar,
} from '../../domain/verification.ts'
import { earlierNow } from '../clocks.ts'
import type { Ctx } from '../context.ts'

/** How many files are verified at once. */
const atOnce = 8
/** How many rows one statement reads; a stopped verification continues between two pages. */
const pageSizes = { look: 500, hash: 2 * atOnce }
/** After this many unreadable files in a row the storage itself counts as unreadable. */
const mostUnreadable = 8
/** How many problems the report names. */
const mostShown = 100

interface Verification {
  /** Reads all bytes and compares their hashes. */
  readonly hash?: boolean
  /** Checks all workspaces and unknown objects. */
  readonly installation?: boolean
  /** The report of a stopped verification, which this one continues. */
  readonly before?: VerificationSoFar | undefined
  /** Stops it between two files; the report so far is the result. */
  readonly signal?: AbortSignal
  readonly onProgress?: (report: VerificationSoFar, done: number, total: number) => Promise<void> | void
  /** Called with each problem. */
  readonly onProblem?: (problem: StorageProblem) => void
}

/**
 * Checks that the storage has the bytes of every file, with the right size and, on request, the right hash; for the
 * whole installation also that every object has a row. Changes nothing. Uploads, purges and garbage collections that
 * run at the same time are no problem.
 */
export async function verifyStorage(ctx: Ctx, verification: Verification = {}): Promise<VerificationReport> {
  assertCanInScope(ctx.actor, 'manage', verification)
  const { hash = false, installation = false, before, signal } = verification
  const findings: Findings = { report: before ?? { ...nothingVerified, hash, installation } }
  const workspaceIds = installation ? await allWorkspaces(ctx) : [ctx.actor.workspaceId]
  await expectStorage(ctx)
  const total = await countFiles(ctx.db, workspaceIds)
  const from = before?.cursor
  for (const workspaceId of workspaceIds.filter((id) => !from || id >= from.workspaceId))
    await verifyFiles(ctx, verification, workspaceId, total, findings)
  if (signal?.aborted) return findings.report
  if (installation) await verifyObjects(ctx, verification, findings)
  return { ...findings.report, complete: true }
}

/** Throws when the storage itself is missing, instead of reporting the loss of every file. */
async function expectStorage({ storage }: Ctx) {
  for await (const _page of storage.list('files')) return
}

/** The report while it grows. */
interface Findings {
  report: VerificationSoFar
}

async function allWorkspaces({ db }: Ctx) {
  const rows = await db.prisma.workspace.findMany({ select: { id: true }, orderBy: { id: 'asc' } })
  return rows.map(({ id }) => id)
}

function addProblem(findings: Findings, { onProblem }: Verification, problem: StorageProblem) {
  const { report } = findings
  const problems = report.problems.length < mostShown ? [...report.problems, problem] : report.problems
  findings.report = { ...report, problemCount: report.problemCount + 1, problems }
  onProblem?.(problem)
}

async function verifyFiles(
  ctx: Ctx,
  verification: Verification,
  workspaceId: string,
  total: number,
  findings: Findings,
) {
  const { hash = false, signal, onProgress } = verification
  let unreadable = 0
  const verifyOne = async (row: FileRow) => {
    const problem = await problemOf(ctx, row, hash)
    if (problem) addProblem(findings, verification, { ...problem, storageKey: row.storageKey, workspaceId })
    unreadable = problem?.kind === 'UNREADABLE' ? unreadable + 1 : 0
    if (unreadable >= mostUnreadable) throw new Error(`The storage cannot be read. ${problem?.message ?? ''}`)
    const { report } = findings
    findings.report = {
      ...report,
      fileCount: report.fileCount + 1,
      fileBytes: report.fileBytes + row.sizeBytes,
    }
  }
  const { cursor } = findings.report
  for (let after = cursor?.workspaceId === workspaceId ? cursor.after : zeroUuid; !signal?.aborted;) {
    const page = await filesAfter(ctx.db, workspaceId, after, hash ? pageSizes.hash : pageSizes.look)
    const last = page.at(-1)
    if (!last) return
    const waiting = [...page]
    const work = async () => {
      for (let next = waiting.shift(); next && !signal?.aborted; next = waiting.shift()) await verifyOne(next)
    }
    await Promise.all(Array.from({ length: atOnce }, work))
    // A stopped verification has not verified the whole page.
    if (waiting.length > 0) return
    findings.report = { ...findings.report, cursor: { workspaceId, after: last.id } }
    await onProgress?.(findings.report, findings.report.fileCount, Math.max(total, findings.report.fileCount))
    after = last.id
  }
}

/** The problem of a file. Checks again when the row has changed in the meantime. */
async function problemOf(ctx: Ctx, row: FileRow, hash: boolean): Promise<ReturnType<typeof fileProblem>> {
  const problem = fileProblem(row, await look(ctx, row, hash))
  if (!problem) return undefined
  const now = await fileNow(ctx.db, row)
  // The garbage collection took it, or an upload brought its lost bytes again.
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
 * Checks that a row knows every object, in one go, since a listing cannot be continued. Young objects may belong to an
 * upload under way.
 */
async function verifyObjects(ctx: Ctx, verification: Verification, findings: Findings) {
  const until = collectableSince(await earlierNow(ctx))
  // Counted before the listing, so that thumbnails made in the meantime do not count as missing.
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
        // It was collected after the listing.
        if ((await ctx.storage.size(object.key)) === null) continue
        const message =
          'No row knows it. The next garbage collection removes it, unless the safety limit stops it.'
        addProblem(findings, verification, {
          kind: 'UNKNOWN',
          storageKey: object.key,
          workspaceId: null,
          message,
        })
      }
      const { report } = findings
      findings.report = {
        ...report,
        objectCount: report.objectCount + objects.length,
        foreignCount: report.foreignCount + others,
        youngCount: report.youngCount + young,
        waitingCount: report.waitingCount + waiting,
      }
    }
  }
  findings.report = {
    ...findings.report,
    missingThumbnailCount: Math.max(0, thumbnailRows - thumbnailsFound),
  }
}
