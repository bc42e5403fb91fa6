import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import cronParser from 'cron-parser'
import { z } from 'zod'
import { type DocumentName, documentNames, isDocumentName } from './domain/document-types.ts'
import { type JsonLimits, jsonLimitSettings } from './domain/json-shape.ts'
import { type ConfiguredLimits, limitSettings, type NumberSetting } from './domain/limits.ts'
import { maxMediaUrlHours, type MediaUrlTimes } from './domain/media-url.ts'
import { type Protection, protectionSettings } from './domain/protection.ts'
import { type QueryLimits, queryLimitSettings } from './domain/query-limits.ts'
import type { S3Config } from './storage/s3-client.ts'
import { type SignInConfig, signInConfig, signInRules, signInVariables } from './sign-in-config.ts'
import { isTrustedProxy } from './trusted-proxies.ts'
import { unknownVariables } from './unknown-variables.ts'

/** The numbers of the server itself. */
const serverNumbers = {
  port: { variable: 'PORT', min: 0, max: 65_535, default: 4000 },
  databaseAnswerMs: { variable: 'DATABASE_ANSWER_SECONDS', min: 1, max: 60, default: 5, unit: 1_000 },
  databasePoolSize: { variable: 'DATABASE_POOL_SIZE', min: 2, max: 200, default: 10 },
  maxQueryCost: { variable: 'MAX_QUERY_COST', min: 100, max: 10_000_000, default: 50_000 },
  shutdownGraceSeconds: { variable: 'SHUTDOWN_GRACE_SECONDS', min: 1, max: 600, default: 30 },
  requestSeconds: { variable: 'REQUEST_SECONDS', min: 1, max: 3_600, default: 30 },
  idleConnectionSeconds: { variable: 'IDLE_CONNECTION_SECONDS', min: 1, max: 3_600, default: 120 },
} as const satisfies NumberSettings

const mediaUrlNumbers = {
  hours: { variable: 'MEDIA_URL_HOURS', min: 1, max: maxMediaUrlHours, default: 24 },
  windowHours: { variable: 'MEDIA_URL_WINDOW_HOURS', min: 1, max: maxMediaUrlHours, default: 24 },
} as const satisfies NumberSettings

type NumberSettings = Readonly<Record<string, NumberSetting>>
type Numbers<Settings extends NumberSettings> = { readonly [Name in keyof Settings]: number }

/** Who can read the metrics: those who have the token, or everyone who can reach a port of their own. */
export interface MetricsConfig {
  readonly host: string
  readonly port: number | undefined
  readonly token: string | undefined
}

/** The configuration. `.env.example` explains each variable. */
export interface Config extends Numbers<typeof serverNumbers>, SignInConfig {
  readonly host: string
  /** Whether people sign in; otherwise everyone who can reach the server is its owner. */
  readonly signIn: boolean
  /** How the metrics can be read; undefined: there are none. */
  readonly metrics: MetricsConfig | undefined
  /** Where a worker answers questions about its health; undefined: nowhere. */
  readonly healthPort: number | undefined
  /** The host names that the server answers to; null means any. */
  readonly ownNames: readonly string[] | null
  /** Without a trailing slash; undefined: the URL of each request. */
  readonly publicUrl: string | undefined
  readonly dataDir: string
  /** Undefined: the embedded PostgreSQL in `dataDir`. */
  readonly databaseUrl: string | undefined
  /** The folder of the files; with an object store, that of files in transit. */
  readonly storageDir: string
  /** Paths or names of the programs that read files, and the folders to search for names. */
  readonly ffprobePath: string | undefined
  readonly ffmpegPath: string | undefined
  readonly pdftoppmPath: string | undefined
  readonly searchPath: string
  /** The object store; undefined: a folder. */
  readonly s3: S3Config | undefined
  readonly corsOrigins: readonly string[]
  /** The proxies that name the client, the protocol and the host of a request. */
  readonly trustedProxies: readonly string[]
  readonly protection: Protection
  /** Whether pages of this machine may use the API. */
  readonly localPages: boolean
  readonly logLevel: string
  readonly logFormat: 'json' | 'pretty'
  readonly limits: ConfiguredLimits
  readonly queryLimits: QueryLimits
  readonly jsonLimits: JsonLimits
  /** Whether clients can read the schema by introspection. */
  readonly introspection: boolean
  /** Whether the server has explorers: Apollo Sandbox and GraphiQL. */
  readonly explorers: boolean
  /** The file of the only operations that are accepted; undefined: all are. */
  readonly operationsManifest: string | undefined
  /** The documents that attachments may be. */
  readonly documents: readonly DocumentName[]
  readonly mediaUrls: MediaUrlTimes
  /** Whether the object store sends files directly to clients where possible. */
  readonly mediaRedirect: boolean
  /** The schedules of purges and garbage collections, and their time zone. */
  readonly purgeCron: string
  readonly garbageCollectionCron: string
  readonly timeZone: string
  /** Whether the server also runs the jobs. */
  readonly runJobs: boolean
  /** What to tell the operator when a process starts. */
  readonly warnings: readonly string[]
}

/** The configuration is invalid. The message lists all problems. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

const isLoopback = (host: string) =>
  ['localhost', '::1', '[::1]'].includes(host) || /^127(\.\d{1,3}){3}$/.test(host)

const whole = ({ min, max, default: value }: NumberSetting) => {
  const error = `must be a whole number from ${min} to ${max}`
  // Not `int`: its issue would suppress those of the refinements of the whole object.
  const fits = (given: number) => Number.isInteger(given) && given >= min && given <= max
  return z.coerce.number({ error }).refine(fits, { error }).default(value)
}

/** The schema of the variables of a table of numbers. */
const shapeOf = <Settings extends NumberSettings>(settings: Settings) =>
  Object.fromEntries(Object.values(settings).map((setting) => [setting.variable, whole(setting)])) as Record<
    Settings[keyof Settings]['variable'],
    ReturnType<typeof whole>
  >

/** The values of a table of numbers. */
const numbersOf = <Settings extends NumberSettings>(
  settings: Settings,
  given: Readonly<Record<Settings[keyof Settings]['variable'], number>>,
) =>
  Object.fromEntries(
    Object.entries(settings).map(([name, { variable, unit = 1 }]) => [
      name,
      given[variable as Settings[keyof Settings]['variable']] * unit,
    ]),
  ) as Numbers<Settings>

const url = (protocols: readonly string[]) =>
  z.string().refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol), {
    message: `must be a URL with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
  })

/** The job runner parses it with the same library. */
const cron = z.string().refine(
  (text) => {
    try {
      cronParser.parseExpression(text)
      return text.trim().split(/\s+/).length === 5
    } catch {
      return false
    }
  },
  { message: 'must be a cron expression of five fields, e.g. 0 0 * * *' },
)

const timeZone = z.string().refine(
  (name) => {
    try {
      return new Intl.DateTimeFormat('en', { timeZone: name }).format() !== ''
    } catch {
      return false
    }
  },
  { message: 'must be the name of a time zone, e.g. UTC or Europe/Berlin' },
)

const list = z.string().transform((items) =>
  items
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean),
)

const originList = list.pipe(
  z.array(
    z.string().refine((origin) => URL.canParse(origin) && new URL(origin).origin === origin, {
      error: ({ input }) => `${String(input)} is not an origin such as https://example.org`,
    }),
  ),
)

const proxyList = list.pipe(
  z.array(
    z.string().refine(isTrustedProxy, {
      error: ({ input }) =>
        `${String(input)} is no address such as 10.0.0.2, no network such as 10.0.0.0/8, and none of loopback, ` +
        'linklocal and uniquelocal',
    }),
  ),
)

/** Names of documents, or `none`. */
const documentList = list.transform((names, check) => {
  const given = names.map((name) => name.toLowerCase())
  if (given.join() === 'none') return []
  const unknown = given.filter((name) => !isDocumentName(name))
  if (unknown.length > 0) {
    const known = `${documentNames.join(', ')}, or none`
    check.addIssue(`has unknown names: ${unknown.join(', ')}. Use ${known}`)
  }
  return documentNames.filter((name) => given.includes(name))
})

const allVariables = z
  .object({
    ...shapeOf(limitSettings),
    ...shapeOf(queryLimitSettings),
    ...shapeOf(jsonLimitSettings),
    ...shapeOf(serverNumbers),
    ...shapeOf(mediaUrlNumbers),
    ...shapeOf(protectionSettings),
    HOST: z.string().default('127.0.0.1'),
    HEALTH_PORT: whole(serverNumbers.port).optional(),
    METRICS_HOST: z.string().default('127.0.0.1'),
    METRICS_PORT: whole(serverNumbers.port).optional(),
    METRICS_TOKEN: z.string().min(16, { error: 'must have at least 16 characters' }).optional(),
    PUBLIC_URL: url(['http:', 'https:']).optional(),
    SIGN_IN: z.enum(['true', 'false']).default('false'),
    ...signInVariables,
    ALLOW_OPEN_ACCESS: z.enum(['true', 'false']).default('false'),
    DATA_DIR: z.string().default('.wordloom'),
    DATABASE_URL: url(['postgres:', 'postgresql:']).optional(),
    STORAGE: z.enum(['folder', 's3']).default('folder'),
    STORAGE_DIR: z.string().optional(),
    FFPROBE_PATH: z.string().optional(),
    FFMPEG_PATH: z.string().optional(),
    PDFTOPPM_PATH: z.string().optional(),
    DOCUMENT_TYPES: documentList.default([...documentNames]),
    S3_ENDPOINT: url(['http:', 'https:']).optional(),
    S3_REGION: z.string().default('us-east-1'),
    S3_BUCKET: z.string().optional(),
    S3_PREFIX: z
      .string()
      .regex(/^[\w.\-/]*$/, { error: 'may contain only letters, digits and . _ - /' })
      .default(''),
    S3_ACCESS_KEY_ID: z.string().optional(),
    S3_SECRET_ACCESS_KEY: z.string().optional(),
    S3_FORCE_PATH_STYLE: z.enum(['true', 'false']).optional(),
    CORS_ORIGINS: originList.optional(),
    TRUSTED_PROXIES: proxyList.optional(),
    INTROSPECTION: z.enum(['true', 'false']).default('true'),
    EXPLORERS: z.enum(['true', 'false']).default('true'),
    OPERATIONS_MANIFEST: z.string().optional(),
    LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
    LOG_FORMAT: z.enum(['json', 'pretty']).optional(),
    MEDIA_REDIRECT: z.enum(['true', 'false']).default('false'),
    PURGE_CRON: cron.default('0 0 * * *'),
    GARBAGE_COLLECTION_CRON: cron.default('30 1 * * *'),
    TIME_ZONE: timeZone.default('UTC'),
    RUN_JOBS: z.enum(['true', 'false']).default('true'),
  })
  .refine((given) => isLoopback(given.HOST) || [given.SIGN_IN, given.ALLOW_OPEN_ACCESS].includes('true'), {
    path: ['HOST'],
    message:
      'without sign-in everyone who can reach the server owns the library. Set SIGN_IN=true, use 127.0.0.1, or set ' +
      'ALLOW_OPEN_ACCESS=true if a proxy or a private network lets only the right people in',
    // Check this even if another variable is invalid, so that all problems are reported together.
    when: () => true,
  })
  .refine(
    ({ HOST, SIGN_IN, PUBLIC_URL }) => isLoopback(HOST) || SIGN_IN !== 'true' || PUBLIC_URL !== undefined,
    {
      path: ['PUBLIC_URL'],
      message: 'must be set if SIGN_IN=true and HOST is not of this machine: links and cookies need it',
      when: () => true,
    },
  )
  .refine(({ STORAGE, S3_BUCKET }) => STORAGE !== 's3' || S3_BUCKET !== undefined, {
    path: ['S3_BUCKET'],
    message: 'must be set if STORAGE=s3',
    when: () => true,
  })
  .refine((keys) => (keys.S3_ACCESS_KEY_ID === undefined) === (keys.S3_SECRET_ACCESS_KEY === undefined), {
    path: ['S3_SECRET_ACCESS_KEY'],
    message: 'must be set if and only if S3_ACCESS_KEY_ID is set',
    when: () => true,
  })

const variables = signInRules.reduce(
  (schema, { variable, message, holds }) =>
    schema.refine(holds, { path: [variable], message, when: () => true }),
  allVariables,
)

/** The names of all variables of the configuration. */
export const variableNames: readonly string[] = Object.keys(variables.shape)

const publishedHost = (host: string, publicUrl: string | undefined) =>
  publicUrl === undefined ? host : new URL(publicUrl).hostname

/**
 * The accepted host names of a server that listens, or is published, only on this machine. Otherwise a web page could
 * reach it through a name that it points to this machine (DNS rebinding).
 */
function ownNames(host: string, publicUrl: string | undefined): string[] | null {
  const published = publishedHost(host, publicUrl)
  if (!isLoopback(host) && !isLoopback(published)) return null
  return [...new Set(['localhost', '127.0.0.1', '[::1]', host, published])]
}

/** Self-hosted stores rarely support the bucket as part of the host name, so the default depends on S3_ENDPOINT. */
function s3Config(given: z.infer<typeof variables>): S3Config | undefined {
  if (given.STORAGE !== 's3' || given.S3_BUCKET === undefined) return undefined
  const { S3_ACCESS_KEY_ID: accessKeyId, S3_SECRET_ACCESS_KEY: secretAccessKey } = given
  const prefix = given.S3_PREFIX.replace(/^\/+|\/+$/g, '')
  const pathStyle = given.S3_FORCE_PATH_STYLE ?? (given.S3_ENDPOINT === undefined ? 'false' : 'true')
  return {
    endpoint: given.S3_ENDPOINT,
    region: given.S3_REGION,
    bucket: given.S3_BUCKET,
    prefix: prefix === '' ? '' : `${prefix}/`,
    keys:
      accessKeyId === undefined || secretAccessKey === undefined
        ? undefined
        : { accessKeyId, secretAccessKey },
    forcePathStyle: pathStyle === 'true',
  }
}

/** A server that only the programs of its own machine reach limits their requests only if it is configured to. */
function protectionOf(given: z.infer<typeof variables>, set: Readonly<Record<string, unknown>>): Protection {
  const protection = numbersOf(protectionSettings, given)
  const isOpen = given.SIGN_IN !== 'true' && isLoopback(publishedHost(given.HOST, given.PUBLIC_URL))
  const unless = (name: 'credentialRequests' | 'addressRequests') =>
    isOpen && set[protectionSettings[name].variable] === undefined ? 0 : protection[name]
  return {
    ...protection,
    credentialRequests: unless('credentialRequests'),
    addressRequests: unless('addressRequests'),
  }
}

const numberIfSet = (set: Readonly<Record<string, unknown>>, name: string, value: number | undefined) =>
  set[name] === undefined ? undefined : value

/** `set` has the variables that are set: a number that is not has its default. */
function metricsConfig(set: Readonly<Record<string, unknown>>, given: z.infer<typeof variables>) {
  const port = numberIfSet(set, 'METRICS_PORT', given.METRICS_PORT)
  const token = given.METRICS_TOKEN
  return port === undefined && token === undefined ? undefined : { host: given.METRICS_HOST, port, token }
}

/** Reads the configuration from an environment; throws a `ConfigError` that lists all its problems. */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  // An empty variable counts as not set.
  const set = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  )
  const result = variables.safeParse(set)
  const warnings = unknownVariables(set, [...variableNames, 'WORDLOOM_URL'])
  if (!result.success) {
    const issues = result.error.issues.map(({ path, message }) => `${String(path[0])}: ${message}`)
    const problems = [...issues, ...warnings].map((line) => `  ${line}`)
    throw new ConfigError(`The configuration cannot be used:\n${problems.join('\n')}\nSee .env.example.`)
  }
  const given = result.data
  const dataDir = resolve(given.DATA_DIR)
  return {
    ...numbersOf(serverNumbers, given),
    limits: numbersOf(limitSettings, given),
    queryLimits: numbersOf(queryLimitSettings, given),
    jsonLimits: numbersOf(jsonLimitSettings, given),
    introspection: given.INTROSPECTION === 'true',
    explorers: given.EXPLORERS === 'true',
    operationsManifest: given.OPERATIONS_MANIFEST,
    mediaUrls: numbersOf(mediaUrlNumbers, given),
    host: given.HOST,
    signIn: given.SIGN_IN === 'true',
    ...signInConfig(given),
    healthPort: numberIfSet(set, 'HEALTH_PORT', given.HEALTH_PORT),
    metrics: metricsConfig(set, given),
    ownNames: ownNames(given.HOST, given.PUBLIC_URL),
    publicUrl: given.PUBLIC_URL?.replace(/\/+$/, ''),
    dataDir,
    databaseUrl: given.DATABASE_URL,
    storageDir: given.STORAGE_DIR === undefined ? resolve(dataDir, 'storage') : resolve(given.STORAGE_DIR),
    ffprobePath: given.FFPROBE_PATH,
    ffmpegPath: given.FFMPEG_PATH,
    pdftoppmPath: given.PDFTOPPM_PATH,
    documents: given.DOCUMENT_TYPES,
    searchPath: environment['PATH'] ?? '',
    s3: s3Config(given),
    corsOrigins: given.CORS_ORIGINS ?? [],
    trustedProxies: given.TRUSTED_PROXIES ?? [],
    protection: protectionOf(given, set),
    // Other programs of this machine can use it anyway, unless people sign in.
    localPages:
      given.SIGN_IN !== 'true' &&
      given.CORS_ORIGINS === undefined &&
      isLoopback(publishedHost(given.HOST, given.PUBLIC_URL)),
    logLevel: given.LOG_LEVEL,
    logFormat: given.LOG_FORMAT ?? (process.stdout.isTTY ? 'pretty' : 'json'),
    mediaRedirect: given.MEDIA_REDIRECT === 'true',
    purgeCron: given.PURGE_CRON,
    garbageCollectionCron: given.GARBAGE_COLLECTION_CRON,
    timeZone: given.TIME_ZONE,
    runJobs: given.RUN_JOBS === 'true',
    warnings,
  }
}

/**
 * The configuration of this process: its environment, and `.env` in the working directory for variables that are not
 * set.
 */
export function loadConfig(): Config {
  if (existsSync('.env')) process.loadEnvFile('.env')
  // The installed version runs on Node 20; its warning that later versions will not is no use to operators.
  Object.assign(process.env, { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' })
  return readConfig(process.env)
}

/** The server that commands use over HTTP. */
export function serverUrl(): string {
  const { host, port, publicUrl } = loadConfig()
  return (
    process.env['WORDLOOM_URL'] || publicUrl || `http://${host.includes(':') ? `[${host}]` : host}:${port}`
  )
}
