import { createHash } from 'node:crypto'
import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { inject } from 'vitest'
import { openBucket, testStore } from '../object-store.ts'

/** The bucket in which the servers of the end-to-end tests keep their files; null: each in its folder. */
const bucketName = inject('bucket')
const bucket = testStore && bucketName ? openBucket(testStore, bucketName) : null

export const inObjectStore = bucket !== null

/** Each data folder has a part of the bucket. */
const prefixOf = (dataDir: string) => `${createHash('sha256').update(dataDir).digest('hex').slice(0, 16)}/`

/** The variables that tell a server or a command of a data folder where its files are. */
export function storageEnvironment(dataDir: string): Record<string, string> {
  if (!bucket || !testStore) return {}
  return {
    STORAGE: 's3',
    S3_ENDPOINT: testStore.endpoint,
    S3_BUCKET: bucket.name,
    S3_PREFIX: prefixOf(dataDir),
    S3_ACCESS_KEY_ID: testStore.keys.accessKeyId,
    S3_SECRET_ACCESS_KEY: testStore.keys.secretAccessKey,
  }
}

/** The sizes of what is stored, by key, of `files` or `thumbnails`. */
export async function storedFiles(
  dataDir: string,
  category: 'files' | 'thumbnails',
  storageDir = join(dataDir, 'storage'),
): Promise<Map<string, number>> {
  if (bucket) {
    const prefix = prefixOf(dataDir)
    const objects = await bucket.objects(prefix + category)
    return new Map(objects.map(({ key, size }) => [key.slice(prefix.length), size]))
  }
  const found = new Map<string, number>()
  for (const name of await readdir(join(storageDir, category))) {
    // It may be removed meanwhile.
    const file = await stat(join(storageDir, category, name)).catch(() => null)
    if (file) found.set(`${category}/${name}`, file.size)
  }
  return found
}

/** Removes one thing that is stored, past the server. */
export async function removeStoredFile(dataDir: string, key: string) {
  if (bucket) await bucket.remove(prefixOf(dataDir) + key)
  else await rm(join(dataDir, 'storage', key))
}

/** Removes everything that is stored. */
export async function removeStored(dataDir: string, category: 'files' | 'thumbnails') {
  for (const key of (await storedFiles(dataDir, category)).keys()) await removeStoredFile(dataDir, key)
}
