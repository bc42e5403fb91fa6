import { randomBytes } from 'node:crypto'
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  ListMultipartUploadsCommand,
  paginateListObjectsV2,
  S3Client,
} from '@aws-sdk/client-s3'
import type { S3Config } from '../../src/storage/s3-client.ts'

const {
  WORDLOOM_TEST_S3_ENDPOINT: endpoint,
  WORDLOOM_TEST_S3_ACCESS_KEY: accessKeyId = '',
  WORDLOOM_TEST_S3_SECRET_KEY: secretAccessKey = '',
} = process.env

/** The object store that the tests may use. */
export interface TestStore {
  readonly endpoint: string
  readonly keys: { readonly accessKeyId: string; readonly secretAccessKey: string }
}

/** Null when no object store was given. */
export const testStore: TestStore | null = endpoint
  ? { endpoint, keys: { accessKeyId, secretAccessKey } }
  : null

export const howToGetAStore =
  'Set WORDLOOM_TEST_S3_ENDPOINT, WORDLOOM_TEST_S3_ACCESS_KEY and WORDLOOM_TEST_S3_SECRET_KEY, ' +
  'for instance by eval "$(test/support/ceph.sh up)".'

/** A new bucket. */
export async function makeBucket(store: TestStore) {
  const bucket = openBucket(store, `wordloom-test-${randomBytes(8).toString('hex')}`)
  await bucket.client.send(new CreateBucketCommand({ Bucket: bucket.name }))
  return bucket
}

export type TestBucket = ReturnType<typeof openBucket>

/** A look into a bucket that goes past the product. */
export function openBucket({ endpoint, keys }: TestStore, Bucket: string) {
  const client = new S3Client({
    endpoint,
    credentials: keys,
    region: 'us-east-1',
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  })
  const objects = async (Prefix: string) => {
    const found: { key: string; size: number }[] = []
    for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket, Prefix })) {
      for (const { Key = '', Size = 0 } of Contents) found.push({ key: Key, size: Size })
    }
    return found
  }
  const remove = (Key: string) => client.send(new DeleteObjectCommand({ Bucket, Key }))
  return {
    name: Bucket,
    client,
    objects,
    remove,
    /** How the product is told of it. */
    config: (prefix: string): S3Config => ({
      endpoint,
      keys,
      prefix,
      bucket: Bucket,
      region: 'us-east-1',
      forcePathStyle: true,
    }),
    /** Uploads in parts that were neither ended nor dropped. */
    pending: async (Prefix: string) => {
      const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket, Prefix }))
      return Uploads.map(({ Key = '' }) => Key)
    },
    drop: async () => {
      for (const { key } of await objects('')) await remove(key)
      await client.send(new DeleteBucketCommand({ Bucket }))
      client.destroy()
    },
  }
}
