import { opendir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ListObjectsV2Command, type ListObjectsV2CommandOutput, type S3Client } from '@aws-sdk/client-s3'
import { keyOfObject, type StorageCategory, type StorageKey } from '../domain/storage-key.ts'
import { expectMissing, folderFault } from './folder-fault.ts'
import type { ObjectPage, StoredObject } from './file-storage.ts'
import { answer } from './s3-client.ts'

const pageSize = 1_000

/** Lists the objects in a folder. Entries that disappear meanwhile are skipped. */
export async function* listFolder(root: string, category: StorageCategory): AsyncGenerator<ObjectPage> {
  const folder = join(root, category)
  let entries
  try {
    entries = await opendir(folder, { bufferSize: 256 })
  } catch (error) {
    // The folder of thumbnails may be removed as a whole. If the folder of the originals is missing, the storage is
    // gone.
    if (category === 'files') throw folderFault(error)
    await expectMissing(error, root)
    return
  }
  let keys: StorageKey[] = []
  let others = 0
  for await (const entry of entries) {
    const key = entry.isFile() ? keyOfObject(category, entry.name) : undefined
    if (key) keys.push(key)
    else others += 1
    if (keys.length < pageSize) continue
    yield { objects: await measured(root, category, keys), others }
    keys = []
    others = 0
  }
  yield { objects: await measured(root, category, keys), others }
}

async function measured(
  root: string,
  category: StorageCategory,
  keys: readonly StorageKey[],
): Promise<StoredObject[]> {
  const measure = async (key: StorageKey): Promise<StoredObject[]> => {
    try {
      const { size, mtime } = await stat(join(root, key))
      return [{ key, sizeBytes: size, modifiedAt: mtime }]
    } catch (error) {
      // An unmounted disk would look like a folder whose files disappear one by one.
      await expectMissing(error, category === 'files' ? join(root, category) : root)
      return []
    }
  }
  return (await Promise.all(keys.map(measure))).flat()
}

/** Lists the objects below a prefix of a bucket. */
export async function* listBucket(
  client: S3Client,
  { bucket: Bucket, prefix }: { bucket: string; prefix: string },
  category: StorageCategory,
): AsyncGenerator<ObjectPage> {
  const Prefix = `${prefix}${category}/`
  for (let ContinuationToken: string | undefined; ;) {
    // Request encoded names: XML cannot represent every name that others may have given to an object.
    const input = { Bucket, Prefix, ContinuationToken, MaxKeys: pageSize, EncodingType: 'url' as const }
    const page: ListObjectsV2CommandOutput = await answer(client.send(new ListObjectsV2Command(input)))
    const found = page.Contents ?? []
    const objects = found.flatMap(({ Key = '', Size, LastModified }): StoredObject[] => {
      const name = page.EncodingType === 'url' ? decoded(Key) : Key
      const key = name.startsWith(Prefix) ? keyOfObject(category, name.slice(Prefix.length)) : undefined
      return key && LastModified ? [{ key, sizeBytes: Size ?? 0, modifiedAt: LastModified }] : []
    })
    yield { objects, others: found.length - objects.length }
    ContinuationToken = page.NextContinuationToken
    if (page.IsTruncated !== true || ContinuationToken === undefined) return
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return '' // Skip names that are not ours; our own names need no decoding.
  }
}
