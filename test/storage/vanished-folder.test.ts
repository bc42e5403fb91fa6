import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { beforeEach, describe, expect, test } from 'vitest'
import { Failure } from '../../src/domain/failure.ts'
import { type StorageKey, storedKey } from '../../src/domain/storage-key.ts'
import { StorageUnavailable } from '../../src/domain/storage-unavailable.ts'
import type { FileStorage, ReceivedFile } from '../../src/storage/file-storage.ts'
import { openLocalStorage } from '../../src/storage/local-storage.ts'
import { openLocalPartialUploads } from '../../src/storage/partial-uploads.ts'
import { removeTemporaryFolders, temporaryFolder } from '../support/builders.ts'

removeTemporaryFolders()

let root: string
let storage: FileStorage
let received: ReceivedFile
let kept: StorageKey

beforeEach(async () => {
  root = join(await temporaryFolder(), 'storage')
  storage = await openLocalStorage(root)
  const receive = async () => {
    const file = await storage.receive(Readable.from([Buffer.from('bytes')]), 100)
    if (file instanceof Failure) throw new Error(file.message)
    return file
  }
  kept = await storage.keep(await receive(), 'txt', new Date())
  received = await receive()
})

/** Operations that need the folder; what they get otherwise is the answer that nothing is there. */
const operations: readonly [string, () => Promise<unknown>][] = [
  ['a look', () => storage.size(kept)],
  ['a closer look', () => storage.stat(kept)],
  ['a read', () => buffer(storage.read(kept))],
  ['a copy for a program', () => storage.openLocally(kept)],
  ['a removal', () => storage.remove(kept)],
  ['a listing', () => storage.list('files')[Symbol.asyncIterator]().next()],
  ['a thumbnail', () => storage.putThumbnail(storedKey('thumbnails/a-b'), Buffer.from('picture'))],
  ['a look at a thumbnail', () => storage.size(storedKey('thumbnails/a-b'))],
  ['a sweep', () => storage.sweep(new Date())],
  ['a check', () => storage.check()],
]

describe.each([
  ['is gone', () => rename(root, `${root}-away`)],
  [
    'is a file instead',
    async () => {
      await rename(root, `${root}-away`)
      await writeFile(root, '')
    },
  ],
])('a storage folder that %s', (_what, vanish) => {
  test.each(operations)('is an outage for %s', async (_operation, work) => {
    await vanish()
    await expect(work()).rejects.toBeInstanceOf(StorageUnavailable)
  })

  test('is an outage for a received file, and is not created again', async () => {
    await vanish()
    await expect(storage.keep(received, 'txt', new Date())).rejects.toThrow()
    await rm(root, { force: true })
    for (const [, work] of operations) await work().catch(() => null)
    await expect(readdir(root)).rejects.toThrow('ENOENT')
  })

  test('is back as it was', async () => {
    await vanish()
    await rm(root, { force: true })
    await rename(`${root}-away`, root)
    expect(await storage.size(kept)).toBe(5)
    expect((await buffer(storage.read(kept))).toString()).toBe('bytes')
  })
})

test('a file that alone is missing is missing, not an outage', async () => {
  await storage.remove(kept)
  expect(await storage.size(kept)).toBeNull()
  await expect(buffer(storage.read(kept))).rejects.toMatchObject({ code: 'ENOENT' })
  await storage.remove(kept)
})

test('thumbnails may be removed with their folder', async () => {
  const key = storedKey('thumbnails/a-b')
  await rm(join(root, 'thumbnails'), { recursive: true })
  expect(await storage.size(key)).toBeNull()
  await storage.remove(key)
  await storage.putThumbnail(key, Buffer.from('picture'))
  expect(await storage.size(key)).toBe(7)
})

test('a folder without files is refused when the database knows some, and left as it is', async () => {
  const mountPoint = await temporaryFolder()
  const opening = openLocalStorage(mountPoint, true)
  await expect(opening).rejects.toBeInstanceOf(StorageUnavailable)
  await expect(opening).rejects.toThrow('Check STORAGE_DIR, and that its disk is mounted')
  expect(await readdir(mountPoint)).toEqual([])
  await mkdir(join(mountPoint, 'files'))
  await openLocalStorage(mountPoint, true)
})

test('chunks whose folder is gone are an outage, and the folder is not created again', async () => {
  const folder = join(await temporaryFolder(), 'partial')
  const partials = await openLocalPartialUploads(folder, 1_000_000)
  expect(await partials.received('none')).toBeUndefined()
  await rename(folder, `${folder}-away`)
  await expect(partials.received('none')).rejects.toBeInstanceOf(StorageUnavailable)
  await expect(buffer(partials.read('none'))).rejects.toBeInstanceOf(StorageUnavailable)
  await expect(partials.store.getUpload('none')).rejects.toBeInstanceOf(StorageUnavailable)
  await expect(readdir(folder)).rejects.toThrow('ENOENT')
})
