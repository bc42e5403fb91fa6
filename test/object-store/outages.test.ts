import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readdir, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { testStore } from '../support/object-store.ts'
import { startProxy } from '../support/proxy.ts'
import { receive, useBucket } from './under-test.ts'

const megabyte = 1024 * 1024

describe.skipIf(!testStore)('on the way to an object store', () => {
  const { bucket, openNew } = useBucket()

  async function openBehindProxy() {
    const proxy = await startProxy(testStore?.endpoint ?? '')
    return { proxy, ...(await openNew({ endpoint: proxy.url })) }
  }

  test('a connection that breaks once is not noticed', async () => {
    const { proxy, storage, count } = await openBehindProxy()
    const bytes = randomBytes(30 * megabyte)
    let cuts = 0
    proxy.onReceived((received) => {
      if (received > 12 * megabyte && cuts++ === 0) proxy.cut()
    })
    const key = await storage.keep(await receive(storage, bytes), 'mp4', new Date())
    expect(cuts).toBeGreaterThan(0)
    expect((await buffer(storage.read(key))).equals(bytes)).toBe(true)
    expect(await count()).toBe(1)
    proxy.close()
  })

  test('a store that goes away during an upload is told, and its parts are swept when it is back', async () => {
    const { proxy, storage, prefix, scratch } = await openBehindProxy()
    proxy.onReceived((received) => {
      if (received > 12 * megabyte) proxy.close()
    })
    const file = await receive(storage, randomBytes(30 * megabyte))
    await expect(storage.keep(file, 'mp4', new Date())).rejects.toThrow('The object store cannot be reached')
    await storage.discard(file)
    expect(await readdir(join(scratch, 'incoming'))).toEqual([])
    expect(await bucket().objects(prefix)).toEqual([])
    expect(await bucket().pending(prefix)).toHaveLength(1)

    const { storage: back } = await openNew({ prefix })
    await back.sweep(new Date(Date.now() + 60_000))
    expect(await bucket().pending(prefix)).toEqual([])
  })

  test('an upload that fails in the middle drops its parts at once', async () => {
    const { proxy, storage, count } = await openBehindProxy()
    const file = await receive(storage, randomBytes(60 * megabyte))
    let cut: Promise<void> | undefined
    proxy.onReceived((received) => {
      if (received > 6 * megabyte) cut ??= truncate(file.path, 20 * megabyte)
    })
    await expect(storage.keep(file, 'mp4', new Date())).rejects.toThrow()
    await cut
    await storage.discard(file)
    expect(await count()).toBe(0)
    proxy.close()
  })

  test('a file that breaks off while it is read is an error, not the end of it', async () => {
    const { proxy, storage } = await openBehindProxy()
    const key = await storage.keep(await receive(storage, randomBytes(20 * megabyte)), 'mp4', new Date())
    const stream = storage.read(key)
    await once(stream, 'readable')
    proxy.close()
    await expect(buffer(stream)).rejects.toThrow('The object store cannot be reached')
    await expect(storage.openLocally(key)).rejects.toThrow('The object store cannot be reached')
  })

  test('a store that takes connections and says nothing fails the check in time', async () => {
    const { proxy, storage } = await openBehindProxy()
    await storage.check()
    proxy.hang()
    await expect(storage.check()).rejects.toThrow('The object store does not answer in time')
    proxy.close()
  })
})
