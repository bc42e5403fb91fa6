import { notStored, StorageUnavailable } from '../domain/storage-unavailable.ts'

/** A failure of the object store or its connection, with a message that says what the operator can do. */
export class StoreError extends StorageUnavailable {
  override readonly name = 'StoreError'

  /** There is no such object. */
  readonly missing: boolean

  constructor(message: string, missing: boolean, cause?: unknown) {
    super('The object store is unavailable. Try again later.', { message, cause })
    this.missing = missing
  }
}

const wrongKeys = 'rejects the keys. Check S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY'
const noRight =
  'does not allow this with these keys. They need permission to read, write, delete and list in S3_BUCKET'
const noBucket = 'has no such bucket. Check S3_BUCKET, or create the bucket: the server does not create it'
const wrongRegion = 'has the bucket in another region. Check S3_REGION and S3_ENDPOINT'
const noConnection = 'cannot be reached. Check S3_ENDPOINT, and that the store is running'
const noAnswer = 'does not answer in time. Check S3_ENDPOINT and the load of the store'
const full = 'is full. Add space, or raise the quota of the bucket or the user'
const busy = 'is too busy to answer. Try again later'

const advice: Readonly<Record<string, string>> = {
  InvalidAccessKeyId: wrongKeys,
  SignatureDoesNotMatch: wrongKeys,
  InvalidToken: wrongKeys,
  ExpiredToken: wrongKeys,
  CredentialsProviderError: 'needs keys. Set S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY',
  AccessDenied: noRight,
  NoSuchBucket: noBucket,
  InvalidBucketName: noBucket,
  PermanentRedirect: wrongRegion,
  AuthorizationHeaderMalformed: wrongRegion,
  RequestTimeTooSkewed: 'has a different time. Set the clock of this machine',
  QuotaExceeded: full,
  InsufficientStorage: full,
  ECONNREFUSED: noConnection,
  ECONNRESET: noConnection,
  EHOSTUNREACH: noConnection,
  ENETUNREACH: noConnection,
  ENOTFOUND: noConnection,
  EAI_AGAIN: noConnection,
  EPIPE: noConnection,
  ETIMEDOUT: noAnswer,
  TimeoutError: noAnswer,
  AbortError: noAnswer,
  SlowDown: busy,
  ServiceUnavailable: busy,
  InternalError: busy,
}

interface Described {
  readonly name?: string
  readonly code?: string
  readonly $metadata?: { readonly httpStatusCode?: number }
}

/**
 * Turns an error of the store into a message for the operator, with the original as its cause. Other errors stay
 * unchanged.
 */
export function storeError(error: unknown): unknown {
  if (error instanceof StoreError) return error
  const { name = 'Error', code, $metadata } = error as Described
  if (['NoSuchKey', 'NoSuchUpload', 'NotFound'].includes(name))
    return new StoreError(`The object store has no such object (${name}).`, true, error)
  // The SDK also calls a broken connection a timeout.
  const word = [code, name].find((candidate) => candidate !== undefined && candidate in advice)
  if (word !== undefined) return new StoreError(`The object store ${advice[word]} (${word}).`, false, error)
  const status = $metadata?.httpStatusCode
  if (status === undefined) return error
  return new StoreError(
    `The object store answered with ${status} (${name}). Check that S3_ENDPOINT speaks the S3 protocol.`,
    false,
    error,
  )
}

/**
 * Turns an error of the disk or the object store while storing a file into an outage. Other errors are our own faults
 * and stay unchanged.
 */
export function outage(error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException
  if (error instanceof StoreError) return notStored('object store', error)
  return code !== undefined && /^E[A-Z]+$/.test(code) ? notStored(code, error) : error
}
