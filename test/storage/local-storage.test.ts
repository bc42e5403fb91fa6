import { randomBytes } from 'node:crypto'
import {
  type FileHandle,
  mkdir,
  open,
  readdir,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { Failure } from '../../src/domain/failure.ts'
import { openLocalStorage } from '../../src/storage/local-storage.ts'
import { removeTemporaryFolders, temporaryFolder } from '../support/builders.ts'
import { fileStorageContract } from './contract.ts'

removeTemporaryFolders()

async function openTemporary() {
  const root = await temporaryFolder()
  const storage = await openLocalStorage(root)
  const count = async () => {
    const entries = await readdir(root, { recursive: true, withFileTypes: true })
    return entries.filter((entry) => entry.isFile()).length
  }
  const putForeign = async (name: string) => {
    await mkdir(dirname(join(root, name)), { recursive: true })
    await writeFile(join(root, name), 'x')
  }
  return { root, storage, count, putForeign }
}

const receive = async (storage: Awaited<ReturnType<typeof openLocalStorage>>, bytes: Buffer) => {
  const file = await storage.receive(Readable.from([bytes]), 1_000_000)
  if (file instanceof Failure) throw new Error(file.message)
  return file
}

describe('what every storage promises', () => {
  fileStorageContract(openTemporary)
})

const hasSync = (prototype: unknown): prototype is FileHandle =>
  typeof prototype === 'object' && prototype !== null && 'sync' in prototype

/** What is flushed to the disk meanwhile: the path and how large it was at that time. */
async function flushed(root: string, work: () => Promise<unknown>) {
  const flushes: { path: string; size: number }[] = []
  const handle = await open(root, 'r')
  const prototype: unknown = Object.getPrototypeOf(handle)
  if (!hasSync(prototype)) throw new Error('This Node flushes in another way.')
  await handle.close()
  const sync = Reflect.get(prototype, 'sync')
  prototype.sync = async function (this: FileHandle) {
    const path = await readlink(`/proc/self/fd/${this.fd}`)
    flushes.push({ path: relative(root, path), size: (await this.stat()).size })
    await sync.call(this)
  }
  try {
    await work()
  } finally {
    prototype.sync = sync
  }
  return flushes
}

test.skipIf(process.platform !== 'linux')(
  'what is received and kept is on the disk, with its name, before the answer',
  async () => {
    const { root, storage } = await openTemporary()
    const bytes = randomBytes(3_000_000)
    const flushes = await flushed(root, async () => {
      const file = await storage.receive(Readable.from([bytes]), bytes.length)
      if (file instanceof Failure) throw new Error(file.message)
      await storage.keep(file, 'jpg', new Date())
    })
    expect(flushes.map(({ path }) => path.replace(/[0-9a-f]{32}/, 'FILE'))).toEqual([
      'incoming/FILE',
      'files',
    ])
    expect(flushes[0]?.size).toBe(bytes.length)
  },
)

test.skipIf(process.platform !== 'linux')('a thumbnail is on the disk before it has its name', async () => {
  const { root, storage } = await openTemporary()
  const flushes = await flushed(root, () => storage.putThumbnail('thumbnails/a-1', randomBytes(1_000)))
  expect(flushes).toEqual([{ path: expect.stringMatching(/^incoming\//) as string, size: 1_000 }])
})

test('files that a crash left half received are removed at the next start and daily, those under way are not', async () => {
  const { root, storage } = await openTemporary()
  const fresh = await receive(storage, randomBytes(10))
  const hoursAgo = (hours: number) => new Date(Date.now() - hours * 60 * 60 * 1000)
  for (const sweep of [() => openLocalStorage(root), () => storage.sweep(hoursAgo(24))]) {
    for (const [name, hours] of [
      ['old', 25],
      ['almost', 23],
    ] as const) {
      const path = join(root, 'incoming', name)
      await writeFile(path, 'x')
      await utimes(path, hoursAgo(hours), hoursAgo(hours))
    }
    await sweep()
    expect((await readdir(join(root, 'incoming'))).sort()).toEqual([basename(fresh.path), 'almost'].sort())
  }
})

test('nothing but the name that this side made gets into a path', async () => {
  const { root, storage } = await openTemporary()
  await storage.keep(await receive(storage, randomBytes(10)), 'jpg', new Date(1_795_302_000_000))
  expect(await readdir(join(root, 'files'))).toEqual([expect.stringMatching(/^1795302000000-jpg-\d{12}$/)])
})

test('received files can be read by nobody else', async () => {
  const { storage } = await openTemporary()
  const { mode } = await stat((await receive(storage, randomBytes(10))).path)
  expect(mode & 0o077).toBe(0)
})

test('thumbnails can be removed as a whole at any time: they are made again', async () => {
  const { root, storage } = await openTemporary()
  await storage.putThumbnail('thumbnails/a-1', Buffer.from('a'))
  await rm(join(root, 'thumbnails'), { recursive: true })
  expect(await storage.size('thumbnails/a-1')).toBeNull()
  await storage.putThumbnail('thumbnails/a-1', Buffer.from('b'))
  expect((await buffer(storage.read('thumbnails/a-1'))).toString()).toBe('b')
})

test('a thumbnail that cannot get its name leaves nothing half made', async () => {
  const { root, storage, count } = await openTemporary()
  await mkdir(join(root, 'thumbnails/a-1'))
  await expect(storage.putThumbnail('thumbnails/a-1', Buffer.from('a'))).rejects.toThrow()
  expect(await count()).toBe(0)
})

test('a storage whose folder is gone says what to look at, and takes nothing', async () => {
  const { root, storage } = await openTemporary()
  await rename(join(root, 'incoming'), join(root, 'elsewhere'))
  await expect(storage.check()).rejects.toThrow('Cannot store files in STORAGE_DIR (ENOENT)')
  const source = Readable.from([randomBytes(10)])
  await expect(storage.receive(source, 100)).rejects.toThrow()
  expect(source.destroyed).toBe(true)
})

test('a folder of thumbnails that is gone is empty, one of originals is a storage that is gone', async () => {
  const { root, storage } = await openTemporary()
  for (const folder of ['files', 'thumbnails']) await rm(join(root, folder), { recursive: true })
  for await (const page of storage.list('thumbnails')) expect(page).toEqual({ objects: [], others: 0 })
  const first = async () => storage.list('files')[Symbol.asyncIterator]().next()
  await expect(first()).rejects.toThrow('ENOENT')
})

test('links and folders with names of ours are not listed', async () => {
  const { root, storage } = await openTemporary()
  await symlink('/etc/passwd', join(root, 'files/1-jpg-000000000001'))
  await mkdir(join(root, 'files/1-jpg-000000000002'))
  for await (const page of storage.list('files')) expect(page).toEqual({ objects: [], others: 2 })
})

test('a storage can be opened where there is one already, and keeps what is there', async () => {
  const { root, storage } = await openTemporary()
  const key = await storage.keep(await receive(storage, Buffer.from('kept')), 'jpg', new Date())
  const again = await openLocalStorage(root)
  expect((await buffer(again.read(key))).toString()).toBe('kept')
})
