import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll } from 'vitest'
import { limitsOf } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import type { Db } from '../../src/db/client.ts'
import { openSessionLocks } from '../../src/db/postgres/session-locks.ts'
import { Failure } from '../../src/domain/failure.ts'
import type { Slot } from '../../src/domain/slots.ts'
import { openQueue } from '../../src/queue/queue.ts'
import { openLocalPartialUploads } from '../../src/storage/partial-uploads.ts'
import { openLocalStorage } from '../../src/storage/local-storage.ts'
import { createBlock } from '../../src/usecases/library/blocks.ts'
import { createBook } from '../../src/usecases/library/books.ts'
import { createBookshelf } from '../../src/usecases/library/bookshelves.ts'
import { createCheckpointMarker } from '../../src/usecases/library/checkpoint-markers.ts'
import { createCheckpoint } from '../../src/usecases/library/checkpoints.ts'
import { resumableMs } from '../../src/usecases/media/resumable-uploads.ts'
import { createTag } from '../../src/usecases/tags/tags.ts'
import { type Ctx, newId } from '../../src/usecases/context.ts'
import { named } from '../../src/usecases/inputs.ts'
import { openMediaUrls } from '../../src/usecases/media/media-urls.ts'
import { uploadMedia } from '../../src/usecases/media/upload-media.ts'
import { photograph } from './media/pictures.ts'
import { programs } from './programs.ts'

/** The success of an operation; a failure fails the test with its message. */
export function succeeded<T>(result: T): Exclude<T, Failure> {
  if (result instanceof Failure) throw new Error(`${result.__typename}: ${result.message}`)
  return result as Exclude<T, Failure>
}

const folders: string[] = []

/** A temporary folder that is removed after the test file. */
export async function temporaryFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'wordloom-files-'))
  folders.push(folder)
  return folder
}

export function removeTemporaryFolders() {
  afterAll(async () => {
    for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
  })
}

const connectionOf = ({ pool: { options } }: Db) => ({
  host: options.host ?? '',
  port: options.port ?? 5432,
  user: options.user ?? '',
  database: options.database ?? '',
})

/** The clock of the server, and that of the database, which is the same unless it is set. */
export interface TestClock {
  ms: number
  databaseMs?: number
}

/** A context in a workspace of its own, with a storage of its own and a clock that can be set. */
export async function buildCtx(db: Db): Promise<Ctx & { clock: TestClock; storageRoot: string }> {
  const now = new Date()
  const workspace = await db.prisma.workspace.create({
    data: {
      id: newId(),
      ...named('Test'),
      createdAt: now,
      updatedAt: now,
      createdBy: 'owner',
      updatedBy: 'owner',
    },
  })
  const clock: TestClock = { ms: now.getTime() }
  const storageRoot = await temporaryFolder()
  const clocked = () => new Date(clock.ms)
  const silent = { info: () => {}, warn: () => {}, error: () => {} }
  return {
    db,
    storage: await openLocalStorage(storageRoot),
    partials: await openLocalPartialUploads(join(storageRoot, 'partial'), resumableMs),
    // Connected when the first lock is taken.
    locks: openSessionLocks(connectionOf(db), () => {}),
    queue: openQueue(),
    programs,
    limits: limitsOf(readConfig({})),
    mediaUrls: openMediaUrls({ db, now: clocked }, { hours: 24, windowHours: 24 }),
    now: clocked,
    databaseNow: () => Promise.resolve(new Date(clock.databaseMs ?? clock.ms)),
    actor: { id: 'owner', workspaceId: workspace.id, role: 'OWNER' },
    log: silent,
    requestId: newId(),
    clock,
    storageRoot,
  }
}

let count = 0
const unique = (word: string) => `${word} ${(count += 1)}`

export const buildShelf = async (ctx: Ctx, overrides: Partial<Parameters<typeof createBookshelf>[1]> = {}) =>
  succeeded(await createBookshelf(ctx, { name: unique('Shelf'), ...overrides }))

export async function buildBook(ctx: Ctx, overrides: Partial<Parameters<typeof createBook>[1]> = {}) {
  const bookshelfId = overrides.bookshelfId ?? (await buildShelf(ctx)).id
  return succeeded(await createBook(ctx, { title: unique('Book'), ...overrides, bookshelfId }))
}

export async function buildBlock(ctx: Ctx, overrides: Partial<Parameters<typeof createBlock>[1]> = {}) {
  const bookId = overrides.bookId ?? (await buildBook(ctx)).id
  return succeeded(await createBlock(ctx, { content: unique('Block'), ...overrides, bookId }))
}

export async function buildCheckpoint(
  ctx: Ctx,
  overrides: Partial<Parameters<typeof createCheckpoint>[1]> = {},
) {
  const bookId = overrides.bookId ?? (await buildBook(ctx)).id
  return succeeded(await createCheckpoint(ctx, { title: unique('Checkpoint'), ...overrides, bookId }))
}

export async function buildMarker(
  ctx: Ctx,
  overrides: Partial<Parameters<typeof createCheckpointMarker>[1]> = {},
) {
  const checkpointId = overrides.checkpointId ?? (await buildCheckpoint(ctx)).id
  return succeeded(await createCheckpointMarker(ctx, { title: unique('Marker'), ...overrides, checkpointId }))
}

/** A picture in a slot; each call sends other bytes unless some are given. */
export async function buildPicture(
  ctx: Ctx,
  slot: Slot,
  overrides: { bytes?: Buffer; fileName?: string } = {},
) {
  const bytes = overrides.bytes ?? (await photograph())
  const fileName = overrides.fileName ?? 'picture.jpg'
  return succeeded(await uploadMedia(ctx, { fileName, slot, stream: Readable.from([bytes]) }))
}

export const coverOf = (ownerType: 'BOOKSHELF' | 'BOOK', ownerId: string): Slot => ({
  ownerType,
  ownerId,
  role: 'COVER',
})
export const markerImagesOf = (ownerId: string): Slot => ({
  ownerType: 'CHECKPOINT_MARKER',
  ownerId,
  role: 'MARKER_IMAGE',
})
export const imagesOf = (ownerId: string): Slot => ({ ownerType: 'BLOCK', ownerId, role: 'IMAGE' })

export const buildTag = async (ctx: Ctx, overrides: Partial<Parameters<typeof createTag>[1]> = {}) =>
  succeeded(await createTag(ctx, { name: unique('Tag'), ...overrides }))
