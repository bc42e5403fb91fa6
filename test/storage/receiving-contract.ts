import { createHash, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { PassThrough, Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { Failure } from '../../src/domain/failure.ts'
import type { FileStorage, ReceivedFile } from '../../src/storage/file-storage.ts'
import { until } from '../support/processes.ts'

/** What a test needs of a storage besides its contract. */
export interface StorageUnderTest {
  readonly storage: FileStorage
  /** How many objects and half-received files there are. */
  count(): Promise<number>
  /** Puts something there past the product, e.g. as `files/notes.txt`. */
  putForeign(name: string): Promise<void>
}

export const megabyte = 1024 * 1024

export const received = async (
  storage: FileStorage,
  bytes: Buffer,
  limit = 100 * megabyte,
): Promise<ReceivedFile> => {
  const file = await storage.receive(Readable.from([bytes]), limit)
  if (file instanceof Failure) throw new Error(file.message)
  return file
}

/** Holds a storage to what `FileStorage` promises of files on their way. `open` gives an empty one. */
export function receivingContract(open: () => Promise<StorageUnderTest>) {
  test.each([0, 1, 16_383, 16_384, 16_385, megabyte - 1, megabyte, megabyte + 1, 5 * megabyte + 7])(
    'a file of %d bytes arrives whole, measured and hashed, with its first bytes',
    async (size) => {
      const { storage } = await open()
      const bytes = randomBytes(size)
      const chunks = []
      for (let at = 0; at < size; at += 65_536) chunks.push(bytes.subarray(at, at + 65_536))
      const file = await storage.receive(Readable.from(chunks), size)
      if (file instanceof Failure) throw new Error(file.message)
      expect(file).toMatchObject({
        sizeBytes: size,
        sha256: createHash('sha256').update(bytes).digest('hex'),
      })
      expect(Buffer.from(file.head).equals(bytes.subarray(0, 16_384))).toBe(true)
      expect((await readFile(file.path)).equals(bytes)).toBe(true)
    },
  )

  test.each([1, 1_000, 3 * megabyte])(
    'a file of the limit of %d bytes is taken, one byte more is not',
    async (limit) => {
      const under = await open()
      expect(await received(under.storage, randomBytes(limit), limit)).toMatchObject({ sizeBytes: limit })
      const before = await under.count()
      const source = Readable.from([randomBytes(limit), randomBytes(1)])
      const refused = await under.storage.receive(source, limit)
      expect(refused).toMatchObject({ __typename: 'FileTooLarge', limitBytes: BigInt(limit) })
      expect(source.destroyed).toBe(true)
      expect(await under.count()).toBe(before)
    },
  )

  test('reading stops at the limit, however much is still to come', async () => {
    const { storage } = await open()
    let sent = 0
    const endless = new Readable({
      read() {
        sent += 65_536
        this.push(Buffer.alloc(65_536))
      },
    })
    expect(await storage.receive(endless, 2 * megabyte)).toMatchObject({ __typename: 'FileTooLarge' })
    expect(sent).toBeLessThan(4 * megabyte)
  })

  test.each([
    ['fails', (source: PassThrough) => source.destroy(new Error('gone'))],
    ['ends without having ended', (source: PassThrough) => source.destroy()],
  ])('a source that %s is told, and leaves nothing', async (_what, breakOff) => {
    const under = await open()
    const source = new PassThrough()
    const receiving = under.storage.receive(source, 10 * megabyte)
    source.write(randomBytes(3 * megabyte))
    await until(async () => (await under.count()) === 1)
    breakOff(source)
    await expect(receiving).rejects.toThrow()
    expect(await under.count()).toBe(0)
  })

  test('a source that has failed before it is read is told, and leaves nothing', async () => {
    const under = await open()
    const source = new PassThrough()
    source.on('error', () => {})
    source.destroy(new Error('gone'))
    await expect(under.storage.receive(source, 10)).rejects.toThrow()
    expect(await under.count()).toBe(0)
  })

  test('a file that is dropped leaves nothing, as often as it is dropped', async () => {
    const under = await open()
    const file = await received(under.storage, randomBytes(10))
    await under.storage.discard(file)
    await under.storage.discard(file)
    expect(await under.count()).toBe(0)
  })
}
