import crypto, { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { buffer } from 'node:stream/consumers'
import { expect, test, vi } from 'vitest'
import { thumbnailKey, fileKey, type StorageCategory, type StorageKey } from '../../src/domain/storage-key.ts'
import type { FileStorage, StoredObject } from '../../src/storage/file-storage.ts'
import { megabyte, received, receivingContract, type StorageUnderTest } from './receiving-contract.ts'

const now = new Date('2026-11-22T00:00:00Z')

/** Holds a storage to what `FileStorage` promises. `open` gives an empty one. */
export function fileStorageContract(open: () => Promise<StorageUnderTest>) {
  receivingContract(open)

  const kept = async (storage: FileStorage, bytes: Buffer) =>
    storage.keep(await received(storage, bytes), 'jpg', now)

  test('a file that is kept is there under its key alone, also after it is dropped', async () => {
    const under = await open()
    const bytes = randomBytes(100)
    const file = await received(under.storage, bytes)
    const key = await under.storage.keep(file, 'jpg', now)
    await under.storage.discard(file)
    expect(key).toMatch(/^files\/1795305600000-jpg-\d{12}$/)
    expect(await under.count()).toBe(1)
    expect((await buffer(under.storage.read(key))).equals(bytes)).toBe(true)
  })

  test('files of the same time and type never replace each other', async () => {
    const { storage } = await open()
    const files = await Promise.all(
      Array.from({ length: 50 }, (_, index) => kept(storage, Buffer.from(`${index}`))),
    )
    expect(new Set(files).size).toBe(50)
    const contents = await Promise.all(files.map(async (key) => (await buffer(storage.read(key))).toString()))
    expect(contents).toEqual(Array.from({ length: 50 }, (_, index) => `${index}`))
  })

  test.each([
    [0, 0],
    [0, 9],
    [5, 5],
    [3, 99],
    [99, 99],
  ])('the bytes %d to %d are read as such, both included', async (start, end) => {
    const { storage } = await open()
    const bytes = randomBytes(100)
    const key = await kept(storage, bytes)
    expect((await buffer(storage.read(key, { start, end }))).equals(bytes.subarray(start, end + 1))).toBe(
      true,
    )
  })

  test('the size is that of the bytes, and null where there are none', async () => {
    const { storage } = await open()
    expect(await storage.size(await kept(storage, randomBytes(123)))).toBe(123)
    expect(await storage.size('files/1-jpg-1')).toBeNull()
    expect(await storage.size('thumbnails/none-1')).toBeNull()
  })

  test('what is not there fails when it is read, instead of being empty', async () => {
    const { storage } = await open()
    await expect(buffer(storage.read('files/1-jpg-1'))).rejects.toThrow()
  })

  test('what is removed is gone, as often as it is removed, and nothing else is', async () => {
    const { storage } = await open()
    const [key, other] = [await kept(storage, randomBytes(10)), await kept(storage, randomBytes(11))]
    await storage.remove(key)
    await storage.remove(key)
    expect(await storage.size(key)).toBeNull()
    expect(await storage.size(other)).toBe(11)
  })

  test('a thumbnail takes the place of the one before, whole, whoever else writes it', async () => {
    const under = await open()
    const key = thumbnailKey('01900000-0000-7000-8000-000000000001', 'thumbnail-1')
    await under.storage.putThumbnail(key, Buffer.alloc(10, 'a'))
    await under.storage.putThumbnail(key, Buffer.alloc(2 * megabyte, 'b'))
    const written = ['c', 'd', 'e'].map((letter) => Buffer.alloc(2 * megabyte, letter))
    const writing = Promise.all(written.map((bytes) => under.storage.putThumbnail(key, bytes)))
    const seen = await buffer(under.storage.read(key))
    expect(seen).toHaveLength(2 * megabyte)
    expect(new Set(seen).size).toBe(1)
    await writing
    expect(new Set(await buffer(under.storage.read(key))).size).toBe(1)
    expect(await under.count()).toBe(1)
  })

  test('programs that need a path get one with the bytes, of which nothing stays', async () => {
    const under = await open()
    const bytes = randomBytes(50)
    const key = await kept(under.storage, bytes)
    const local = await under.storage.openLocally(key)
    expect((await readFile(local.path)).equals(bytes)).toBe(true)
    await local.release()
    await local.release()
    expect(await under.count()).toBe(1)
    expect(await under.storage.size(key)).toBe(50)
  })

  test('what is not there gives programs nothing to read, and leaves nothing', async () => {
    const under = await open()
    const reading = under.storage.openLocally('files/1-jpg-1').then(({ path }) => readFile(path))
    await expect(reading).rejects.toThrow()
    expect(await under.count()).toBe(0)
  })

  test('large files are kept and read whole and in parts, two at once', async () => {
    const under = await open()
    const files = [randomBytes(12 * megabyte + 7), randomBytes(17 * megabyte)] as const
    const keys = await Promise.all(files.map((bytes) => kept(under.storage, bytes)))
    for (const [index, bytes] of files.entries()) {
      const key = keys[index] as StorageKey
      expect(await under.storage.size(key)).toBe(bytes.length)
      const whole = await buffer(under.storage.read(key))
      expect(createHash('sha256').update(whole).digest('hex')).toBe(
        createHash('sha256').update(bytes).digest('hex'),
      )
      const [start, end] = [5 * megabyte - 10, 10 * megabyte + 10]
      const part = await buffer(under.storage.read(key, { start, end }))
      expect(part.equals(bytes.subarray(start, end + 1))).toBe(true)
    }
    expect(await under.count()).toBe(2)
  })

  test('a file of no bytes is kept as such', async () => {
    const { storage } = await open()
    const key = await kept(storage, Buffer.alloc(0))
    expect(await storage.size(key)).toBe(0)
    expect(await buffer(storage.read(key))).toHaveLength(0)
  })

  test('whoever reads may stop at any time', async () => {
    const { storage } = await open()
    const key = await kept(storage, randomBytes(8 * megabyte))
    const stream = storage.read(key)
    await once(stream, 'readable')
    expect(stream.read()).not.toBeNull()
    stream.destroy()
    await once(stream, 'close')
    expect(await buffer(storage.read(key))).toHaveLength(8 * megabyte)
  })

  test('a received file that is gone cannot be kept, and leaves nothing', async () => {
    const under = await open()
    const file = await received(under.storage, randomBytes(10))
    await under.storage.discard(file)
    await expect(under.storage.keep(file, 'jpg', now)).rejects.toThrow()
    expect(await under.count()).toBe(0)
  })

  test('a key that is taken is left alone and another one is made', async () => {
    const { storage } = await open()
    const numbers = [7, 7, 7, 8]
    const random = vi.spyOn(crypto, 'randomInt').mockImplementation(() => numbers.shift() ?? 9)
    syncBuiltinESMExports()
    try {
      const first = await kept(storage, Buffer.from('first'))
      const second = await kept(storage, Buffer.from('second'))
      expect([first, second].map((key) => key.slice(-4))).toEqual(['0007', '0008'])
      expect((await buffer(storage.read(first))).toString()).toBe('first')
      expect((await buffer(storage.read(second))).toString()).toBe('second')
    } finally {
      random.mockRestore()
      syncBuiltinESMExports()
    }
  })

  test('a sweep removes what was received before, and no object', async () => {
    const under = await open()
    const key = await kept(under.storage, Buffer.from('kept'))
    await received(under.storage, Buffer.from('left by a crash'))
    await under.storage.sweep(new Date(Date.now() - 60_000))
    expect(await under.count()).toBe(2)
    await under.storage.sweep(new Date(Date.now() + 60_000))
    expect(await under.count()).toBe(1)
    expect((await buffer(under.storage.read(key))).toString()).toBe('kept')
  })

  const listed = async (storage: FileStorage, category: StorageCategory) => {
    const found = { objects: [] as StoredObject[], others: 0 }
    for await (const { objects, others } of storage.list(category)) {
      found.objects.push(...objects)
      found.others += others
    }
    return found
  }

  test('what is stored is listed with size and time, each category by itself', async () => {
    const { storage } = await open()
    expect(await listed(storage, 'files')).toEqual({ objects: [], others: 0 })
    const from = Date.now() - 5_000
    const [one, two] = [await kept(storage, randomBytes(11)), await kept(storage, Buffer.alloc(0))]
    const derived = thumbnailKey('01900000-0000-7000-8000-000000000001', 'small-1-webp')
    await storage.putThumbnail(derived, randomBytes(3))
    await received(storage, Buffer.from('on its way'))

    const { objects, others } = await listed(storage, 'files')
    expect(new Map(objects.map(({ key, sizeBytes }) => [key, sizeBytes]))).toEqual(
      new Map([
        [one, 11],
        [two, 0],
      ]),
    )
    expect(others).toBe(0)
    for (const { modifiedAt } of objects) {
      expect(modifiedAt.getTime()).toBeGreaterThan(from)
      expect(modifiedAt.getTime()).toBeLessThan(Date.now() + 5_000)
    }
    expect(await listed(storage, 'thumbnails')).toMatchObject({ objects: [{ key: derived, sizeBytes: 3 }] })
  })

  test('what somebody else put there is counted, not listed', async () => {
    const under = await open()
    const key = await kept(under.storage, randomBytes(10))
    const foreign = ['notes.txt', '1-jpg-1', '1795305600000-JPG-000000000001', 'a folder/1-jpg-000000000001']
    for (const name of [...foreign, 'äöü &<+>%41 \u0001', '1-jpg-000000000001%20'])
      await under.putForeign(`files/${name}`)
    await under.putForeign(`elsewhere/1-jpg-000000000001`)
    expect(await listed(under.storage, 'files')).toMatchObject({ objects: [{ key }], others: 6 })
  })

  test('a storage of many pages is listed whole, each object once', async () => {
    const under = await open()
    const keys = Array.from({ length: 1_001 }, (_, index) => fileKey(1, 'jpg', index))
    const waiting = [...keys]
    const work = async () => {
      for (let key = waiting.pop(); key; key = waiting.pop()) await under.putForeign(key)
    }
    await Promise.all(Array.from({ length: 16 }, work))
    const { objects } = await listed(under.storage, 'files')
    expect(objects.map(({ key }) => key).sort()).toEqual(keys)
  })

  test('whoever lists may stop at any time, and what is removed meanwhile does no harm', async () => {
    const under = await open()
    const keys = [await kept(under.storage, randomBytes(1)), await kept(under.storage, randomBytes(1))]
    for await (const { objects } of under.storage.list('files')) {
      expect(objects).toHaveLength(2)
      break
    }
    const pages = under.storage.list('files')[Symbol.asyncIterator]()
    await Promise.all([pages.next(), ...keys.map((key) => under.storage.remove(key))])
    expect((await listed(under.storage, 'files')).objects).toEqual([])
  })

  test.each([
    '../escape',
    'files/../../etc/passwd',
    'files/',
    '/etc/passwd',
    'files/a/b',
    'other/a',
    'files/A',
    'files/a\0',
  ])('the key %j is none: nothing is read, written or removed by it', async (text) => {
    const { storage } = await open()
    const key = text as StorageKey
    await expect(storage.size(key)).rejects.toThrow('Not a storage key')
    await expect(storage.putThumbnail(key, Buffer.from('x'))).rejects.toThrow('Not a storage key')
    await expect(Promise.resolve().then(() => storage.remove(key))).rejects.toThrow('Not a storage key')
    await expect(Promise.resolve().then(() => buffer(storage.read(key)))).rejects.toThrow('Not a storage key')
  })

  test('a storage that can be written to says so', async () => {
    const { storage } = await open()
    await expect(storage.check()).resolves.toBeUndefined()
  })
}
