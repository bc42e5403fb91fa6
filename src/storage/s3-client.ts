import { HeadBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import { storeError } from './store-error.ts'

/** How to reach an object store that speaks the S3 protocol. */
export interface S3Config {
  /** Undefined: Amazon's endpoint for the region. */
  readonly endpoint: string | undefined
  readonly region: string
  readonly bucket: string
  /** The prefix of every key; empty, or with a slash at the end. */
  readonly prefix: string
  /** Undefined: the credentials of the machine, by the SDK's default chain. */
  readonly keys: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined
  /** URLs have the bucket in the path instead of the host name. */
  readonly forcePathStyle: boolean
}

const connectionTimeoutMs = 5_000
/** From the start of a request to the start of its answer. A request sends a part of at least 5 MiB in this time. */
const requestTimeoutMs = 60_000
/** For requests that a client waits for, or that are not worth a long wait. */
export const shortTimeoutMs = 8_000

export function openClient({ endpoint, region, keys, forcePathStyle }: S3Config) {
  return new S3Client({
    region,
    forcePathStyle,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(keys ? { credentials: keys } : {}),
    maxAttempts: 3,
    // The default fails on stores that do not support it, and a stream that fails under it ends the process.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: connectionTimeoutMs,
      requestTimeout: requestTimeoutMs,
      throwOnRequestTimeout: true,
      // The SDK's time limit would also end the downloads of slow clients; `bytesOf` watches only the store.
      socketTimeout: 0,
      // Every slow download occupies a socket. With a limit, uploads would wait for slow clients.
      httpAgent: { maxSockets: Infinity },
      httpsAgent: { maxSockets: Infinity },
    },
  })
}

/** Returns the store's answer; throws a `StoreError`. */
export async function answer<Answer>(request: Promise<Answer>): Promise<Answer> {
  try {
    return await request
  } catch (error) {
    throw storeError(error)
  }
}

/** Throws if the bucket cannot be used. */
export async function checkBucket(client: S3Client, { bucket: Bucket, prefix: Prefix }: S3Config) {
  const soon = { abortSignal: AbortSignal.timeout(shortTimeoutMs) }
  try {
    await client.send(new HeadBucketCommand({ Bucket }), soon)
  } catch {
    // The answer to a HEAD request has no body; this request returns the reason.
    await answer(client.send(new ListObjectsV2Command({ Bucket, Prefix, MaxKeys: 1 }), soon))
  }
}
