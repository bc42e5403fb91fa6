import { HeadBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import { storeError } from './store-error.ts'

/** Where and how to reach an object store that speaks the S3 protocol. */
export interface S3Config {
  /** Undefined: Amazon's, by the region. */
  readonly endpoint: string | undefined
  readonly region: string
  readonly bucket: string
  /** Before every key; empty or with a slash at the end. */
  readonly prefix: string
  /** Undefined: what the machine offers, by the SDK's default chain. */
  readonly keys: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined
  /** The bucket is in the path of the URL instead of in the name of the host. */
  readonly forcePathStyle: boolean
}

const connectionTimeoutMs = 5_000
/** From the beginning of a request to the beginning of its answer; a part of 5 MiB at least is sent in it. */
const requestTimeoutMs = 60_000
/** For what somebody waits for, or what is not worth to wait for. */
export const shortTimeoutMs = 8_000

export function openClient({ endpoint, region, keys, forcePathStyle }: S3Config) {
  return new S3Client({
    region,
    forcePathStyle,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(keys ? { credentials: keys } : {}),
    maxAttempts: 3,
    // The default breaks on stores that do not know it, and a stream that fails under it ends the process.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: connectionTimeoutMs,
      requestTimeout: requestTimeoutMs,
      throwOnRequestTimeout: true,
      // Its sort would also end the downloads of slow clients: `bytesOf` watches the store alone.
      socketTimeout: 0,
      // Every slow download holds one: with fewer than there are clients, uploads would wait for them.
      httpAgent: { maxSockets: Infinity },
      httpsAgent: { maxSockets: Infinity },
    },
  })
}

/** What the store answered; throws a `StoreError`. */
export async function answer<Answer>(request: Promise<Answer>): Promise<Answer> {
  try {
    return await request
  } catch (error) {
    throw storeError(error)
  }
}

/** Throws when the bucket cannot be used. */
export async function checkBucket(client: S3Client, { bucket: Bucket, prefix: Prefix }: S3Config) {
  const soon = { abortSignal: AbortSignal.timeout(shortTimeoutMs) }
  try {
    await client.send(new HeadBucketCommand({ Bucket }), soon)
  } catch {
    // The answer to a HEAD has no body: this one says why.
    await answer(client.send(new ListObjectsV2Command({ Bucket, Prefix, MaxKeys: 1 }), soon))
  }
}
