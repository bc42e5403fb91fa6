import { HeadBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import { StoreError, storeError } from './store-error.ts'

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
/**
 * How long the store may be silent before it is given up, in milliseconds; with the clean-up less than 30 s. The system
 * buffers up to 4 MiB that it sends, so the connection to the store must carry these in that time.
 */
export const silenceMs = 20_000
/** For requests that a client waits for, or that are not worth a long wait. */
export const shortTimeoutMs = 8_000

/** How a client notices that the store is silent. The SDK has no limit that fits both directions. */
const limits = {
  /** The answer to a small request must begin in time. Its body may take as long as the client needs. */
  answer: (ms: number) => ({ requestTimeout: ms, socketTimeout: 0 }),
  /** A large request may take as long as it moves. */
  upload: (ms: number) => ({ requestTimeout: 0, socketTimeout: ms }),
} as const

export function openClient(
  { endpoint, region, keys, forcePathStyle }: S3Config,
  kind: keyof typeof limits = 'answer',
  limitMs = silenceMs,
) {
  const client = new S3Client({
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
      ...limits[kind](limitMs),
      throwOnRequestTimeout: true,
      // Every slow download occupies a socket. With a limit, uploads would wait for slow clients.
      httpAgent: { maxSockets: Infinity },
      httpsAgent: { maxSockets: Infinity },
    },
  })
  // The SDK would repeat a request that had no answer, and wait as long again.
  client.middlewareStack.add(
    (next) => async (args) => {
      try {
        return await next(args)
      } catch (error) {
        // Without its cause, which the SDK would find.
        throw isSilence(error) ? new StoreError((storeError(error) as Error).message, false) : error
      }
    },
    { step: 'deserialize', name: 'silenceOfTheStore' },
  )
  return client
}

/** The SDK also calls a broken connection a timeout, but gives it another code. */
const isSilence = (error: unknown) => {
  const { name, code = 'ETIMEDOUT' } = error as { name?: string; code?: string }
  return name === 'TimeoutError' && code === 'ETIMEDOUT'
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
