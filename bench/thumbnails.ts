import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { createReadStream } from 'node:fs'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import type { Db } from '../src/db/client.ts'
import { Failure } from '../src/domain/failure.ts'
import { storedKey } from '../src/domain/storage-key.ts'
import { type PictureFormat, recipes } from '../src/domain/thumbnails.ts'
import { avifEffort } from '../src/probes/image.ts'
import { openLocalStorage } from '../src/storage/local-storage.ts'
import { newId, systemActor } from '../src/usecases/context.ts'
import { renderThumbnails } from '../src/usecases/media/render-thumbnails.ts'
import { decodeOriginal, makeThumbnail } from '../src/usecases/media/thumbnails.ts'
import { withDatabase } from './timing.ts'

interface Options {
  readonly rounds: number
  /** How many pictures each round makes thumbnails of. */
  readonly pictures: number
  readonly say: (line: string) => void
  readonly signal: AbortSignal
}

/** What the operations of these measurements need of a context. */
type RenderCtx = Parameters<typeof renderThumbnails>[0]

interface Picture {
  readonly blobId: string
  readonly path: string
}

const photograph = fileURLToPath(new URL('../src/cli/pictures/rocket.jpg', import.meta.url))
const workspaceId = '01900000-0000-7000-8000-000000000001'
/** What a telephone takes: 12 megapixels. */
const [width, height] = [4000, 3000]

/** Photographs that differ, as stored originals with their rows. */
async function seedPictures(ctx: RenderCtx, root: string, count: number): Promise<Picture[]> {
  const pictures: Picture[] = []
  for (let made = 0; made < count; made += 1) {
    const draft = join(root, 'draft.jpg')
    await sharp(photograph)
      .resize(width, height, { fit: 'fill' })
      .modulate({ hue: made % 360 })
      .withExif({ IFD0: { ImageDescription: `${made}` } })
      .jpeg({ quality: 90 })
      .toFile(draft)
    const received = await ctx.storage.receive(createReadStream(draft), 2 ** 30)
    if (received instanceof Failure) throw new Error(received.message)
    const key = await ctx.storage.keep(received, 'jpg', new Date())
    const blobId = newId()
    await ctx.db.prisma.blob.create({
      data: {
        ...{ workspaceId, id: blobId, storageKey: key, sha256: received.sha256, mimeType: 'image/jpeg' },
        ...{ sizeBytes: BigInt(received.sizeBytes), extension: 'jpg', width, height, placeholder: '-' },
        refCount: 1,
        createdAt: new Date(),
      },
    })
    pictures.push({ blobId, path: join(root, key) })
  }
  return pictures
}

/** As the server does it: decode, encode, store, write the rows. */
async function wordloom(ctx: RenderCtx, { blobId }: Picture, formats: readonly PictureFormat[]) {
  if (formats.length > 1) {
    await renderThumbnails(ctx, { blobId, all: true })
    return
  }
  const where = { workspaceId_id: { workspaceId, id: blobId } }
  const blob = await ctx.db.prisma.blob.findUniqueOrThrow({ where })
  let decoding: ReturnType<typeof decodeOriginal> | undefined
  const picture = () => (decoding ??= decodeOriginal(ctx, blob))
  await Promise.all(recipes.map((recipe) => makeThumbnail(ctx, blob, { recipe, format: 'webp' }, picture)))
}

/** As the documentation of sharp does it: each from the original, into a file. */
async function bareSharp(folder: string, { path, blobId }: Picture, formats: readonly PictureFormat[]) {
  for (const format of formats) {
    for (const { name, maxSide, quality } of recipes) {
      const resized = sharp(path)
        .autoOrient()
        .resize(maxSide, maxSide, { fit: 'inside', withoutEnlargement: true })
        .toColourspace('srgb')
      const encoded =
        format === 'webp'
          ? resized.webp({ quality: quality.webp })
          : resized.avif({ quality: quality.avif, effort: avifEffort })
      await encoded.toFile(join(folder, `${blobId}-${name}.${format}`))
    }
  }
}

/** Does something with every picture, as many at once as keep all cores busy; gives the seconds and those of the processor. */
async function timed(
  pictures: readonly Picture[],
  work: (picture: Picture) => Promise<void>,
  signal: AbortSignal,
) {
  const waiting = [...pictures]
  const [startedAt, cpuBefore] = [performance.now(), process.cpuUsage()]
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      signal.throwIfAborted()
      await work(next)
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() + 1 }, worker))
  const cpu = process.cpuUsage(cpuBefore)
  return { seconds: (performance.now() - startedAt) / 1000, cpu: (cpu.user + cpu.system) / 1e6 }
}

const median = (values: readonly number[]) =>
  values.toSorted((one, other) => one - other)[values.length >> 1] ?? NaN

const cells: readonly { name: string; formats: readonly PictureFormat[] }[] = [
  { name: 'WebP', formats: ['webp'] },
  { name: 'WebP and AVIF', formats: ['webp', 'avif'] },
]

/** Thumbnails per second of the server's whole path and of bare sharp, with the same settings in the same run. */
export async function benchThumbnails({ rounds, pictures: count, say, signal }: Options): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'wordloom-thumbnails-'))
  try {
    await withDatabase(async (db: Db) => {
      const silent = { info: () => {}, warn: () => {}, error: () => {} }
      const ctx = {
        ...{
          db,
          storage: await openLocalStorage(root),
          programs: { ffprobe: null, ffmpeg: null, pdftoppm: null },
        },
        ...{ limits: { imagePixels: 50_000_000, decoderBytes: 2 ** 30, programMs: 10_000 } },
        ...{ now: () => new Date(), log: silent },
        actor: systemActor(workspaceId),
      } as unknown as RenderCtx
      say(`Making ${count} photographs of ${(width * height) / 1e6} megapixels`)
      const pictures = await seedPictures(ctx, root, count)
      console.log('                  sharp/s   wordloom/s   ratio   ratio of CPU')
      for (const { name, formats } of cells) {
        const samples: { sharp: number; wordloom: number; cpu: number }[] = []
        for (let round = 0; round <= rounds; round += 1) {
          const bare = () => timed(pictures, (picture) => bareSharp(root, picture, formats), signal)
          const ours = () => timed(pictures, (picture) => wordloom(ctx, picture, formats), signal)
          const [first, second] =
            round % 2 === 0 ? [await bare(), await ours()] : [await ours(), await bare()]
          const [sharpTime, ourTime] = round % 2 === 0 ? [first, second] : [second, first]
          if (round === 0) continue // It warms up.
          const thumbnails = count * recipes.length * formats.length
          samples.push({
            sharp: thumbnails / sharpTime.seconds,
            wordloom: thumbnails / ourTime.seconds,
            cpu: sharpTime.cpu / ourTime.cpu,
          })
          say(`${name}: round ${round} of ${rounds}`)
        }
        const shown = [
          median(samples.map((one) => one.sharp)),
          median(samples.map((one) => one.wordloom)),
          median(samples.map((one) => one.wordloom / one.sharp)),
          median(samples.map((one) => one.cpu)),
        ].map((value) => value.toFixed(2).padStart(11))
        console.log(name.padEnd(14) + shown.join(''))
      }
      await checkSizes(ctx, pictures)
    })
  } finally {
    await rm(root, { recursive: true, force: true })
  }
}

/** Both must have made the same number of pictures of the same sizes, or the comparison is worth nothing. */
async function checkSizes(ctx: RenderCtx, [picture]: readonly Picture[]) {
  const rows = await ctx.db.prisma.thumbnail.findMany({
    where: { workspaceId, blobId: picture?.blobId ?? '' },
  })
  if (rows.length !== 2 * recipes.length) throw new Error(`There are ${rows.length} thumbnails of a picture.`)
  for (const { storageKey, width: wide, height: high } of rows) {
    if ((await ctx.storage.size(storedKey(storageKey))) === null) throw new Error(`${storageKey} is missing.`)
    const same = recipes.some(({ maxSide }) => Math.abs(Math.max(wide, high) - maxSide) === 0)
    if (!same) throw new Error(`${storageKey} is ${wide} by ${high}.`)
  }
}
