import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { ConfigError, readConfig, serverUrl, variableNames } from '../src/config.ts'
import { documentNames } from '../src/domain/document-types.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

/** What is wrong with an environment. */
function problems(environment: Record<string, string>) {
  try {
    readConfig(environment)
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
  return ''
}

const file = (name: string) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8')

test('without any variable the server is for this machine alone and keeps its data in .wordloom', () => {
  expect(readConfig({})).toMatchObject({
    host: '127.0.0.1',
    port: 4000,
    ownNames: ['localhost', '127.0.0.1', '[::1]'],
    publicUrl: undefined,
    dataDir: resolve('.wordloom'),
    storageDir: resolve('.wordloom/storage'),
    databaseUrl: undefined,
    corsOrigins: [],
    localPages: true,
    warnings: [],
  })
})

test('all problems are told at once, each by the name of its variable, and where to read on', () => {
  const environment = {
    HOST: '0.0.0.0',
    PORT: 'many',
    PUBLIC_URL: 'library',
    ALLOW_OPEN_ACCESS: 'yes',
    DATABASE_URL: 'mysql://localhost/x',
    DATABASE_POOL_SIZE: '1',
    CORS_ORIGINS: 'https://ok.example, https://example.org/path',
    STORAGE: 'tape',
    S3_ENDPOINT: 'store.example',
    S3_PREFIX: 'a b',
    S3_SECRET_ACCESS_KEY: 'alone',
    S3_FORCE_PATH_STYLE: 'yes',
    LOG_LEVEL: 'loud',
    LOG_FORMAT: 'xml',
    MAX_IMAGE_BYTES: '0',
    MAX_IMAGE_MEGAPIXELS: '-1',
    MAX_QUERY_COST: '1.5',
    TRASH_RETENTION_DAYS: '',
    SHUTDOWN_GRACE_SECONDS: '1e9',
  }
  const message = problems(environment)
  const told = message.split('\n').flatMap((line) => /^ {2}([A-Z0-9_]+): \S/.exec(line)?.[1] ?? [])
  const wrong = Object.keys(environment).filter((name) => name !== 'TRASH_RETENTION_DAYS')
  expect(told.sort()).toEqual(wrong.sort())
  expect(message).toContain('See .env.example')
  expect(message).toContain('https://example.org/path')
  expect(message).not.toContain('https://ok.example')
})

test.each(['0.0.0.0', '::', '192.168.0.5', 'example.org', '10.0.0.1', '127.0.0.1.example.org', '128.0.0.1'])(
  'the host %s, which others can reach, needs SIGN_IN or ALLOW_OPEN_ACCESS',
  (host) => {
    expect(problems({ HOST: host })).toMatch(/HOST: without sign-in.*SIGN_IN=true.*ALLOW_OPEN_ACCESS=true/)
    expect(problems({ HOST: host, ALLOW_OPEN_ACCESS: 'false' })).toContain('HOST')
    expect(readConfig({ HOST: host, ALLOW_OPEN_ACCESS: 'true' })).toMatchObject({ host, ownNames: null })
    expect(problems({ HOST: host, SIGN_IN: 'true' })).toContain('PUBLIC_URL')
    const PUBLIC_URL = 'https://library.example.org'
    expect(readConfig({ HOST: host, SIGN_IN: 'true', PUBLIC_URL })).toMatchObject({ host, signIn: true })
  },
)

test.each(['127.0.0.1', '127.1.2.3', 'localhost', '::1'])(
  'the host %s is reached from this machine only',
  (host) => {
    expect(readConfig({ HOST: host })).toMatchObject({
      host,
      ownNames: [...new Set(['localhost', '127.0.0.1', '[::1]', host])],
    })
  },
)

test.each([
  ['PORT', '0', { port: 0 }],
  ['PORT', '65535', { port: 65_535 }],
  ['PUBLIC_URL', 'https://example.org/library//', { publicUrl: 'https://example.org/library' }],
  [
    'CORS_ORIGINS',
    ' https://a.example ,, http://localhost:5173',
    { corsOrigins: ['https://a.example', 'http://localhost:5173'] },
  ],
  ['STORAGE_DIR', 'elsewhere', { storageDir: resolve('elsewhere') }],
  ['MAX_IMAGE_MEGAPIXELS', '2', { limits: { imagePixels: 2_000_000 } }],
  ['DATABASE_URL', 'postgres://u:p@db/x', { databaseUrl: 'postgres://u:p@db/x' }],
])('%s=%s is understood', (name, value, expected) => {
  expect(readConfig({ [name]: value })).toMatchObject(expected)
})

test('requests are limited unless only the programs of this machine reach the server', () => {
  const limits = ({ credentialRequests, addressRequests }: ReturnType<typeof readConfig>['protection']) => [
    credentialRequests,
    addressRequests,
  ]
  expect(limits(readConfig({}).protection)).toEqual([0, 0])
  const PUBLIC_URL = 'https://library.example.org'
  for (const given of [{ SIGN_IN: 'true' }, { HOST: '::', ALLOW_OPEN_ACCESS: 'true' }, { PUBLIC_URL }]) {
    expect(limits(readConfig(given).protection)).toEqual([1_200, 6_000])
  }
  expect(limits(readConfig({ RATE_LIMIT_REQUESTS: '1200' }).protection)).toEqual([1_200, 0])
})

test('an object store is used when it is asked for, and needs a bucket', () => {
  const store = { S3_BUCKET: 'library', S3_PREFIX: '/a/b/', S3_ENDPOINT: 'https://store.example' }
  expect(readConfig(store).s3).toBeUndefined()
  expect(readConfig({ ...store, STORAGE: 's3' }).s3).toEqual({
    endpoint: 'https://store.example',
    region: 'us-east-1',
    bucket: 'library',
    prefix: 'a/b/',
    keys: undefined,
    forcePathStyle: true,
  })
  const amazon = {
    STORAGE: 's3',
    S3_BUCKET: 'library',
    S3_ACCESS_KEY_ID: 'id',
    S3_SECRET_ACCESS_KEY: 'secret',
  }
  expect(readConfig(amazon).s3).toMatchObject({
    endpoint: undefined,
    prefix: '',
    keys: { accessKeyId: 'id', secretAccessKey: 'secret' },
    forcePathStyle: false,
  })
  expect(problems({ STORAGE: 's3', PORT: 'many' })).toMatch(
    /PORT: .*\n {2}S3_BUCKET: must be set if STORAGE=s3/,
  )
  expect(problems({ S3_ACCESS_KEY_ID: 'id' })).toContain('S3_SECRET_ACCESS_KEY: must be set if')
})

test('a variable that is set to nothing counts as not set', () => {
  const names = [...file('.env.example').matchAll(/^([A-Z0-9_]+)=/gm)].map(([, name = '']) => name)
  expect(readConfig(Object.fromEntries(names.map((name) => [name, ''])))).toEqual(readConfig({}))
})

test('commands talk to the server they are told of, else to the configured one', () => {
  vi.stubEnv('HOST', '::1')
  vi.stubEnv('PORT', '4100')
  vi.stubEnv('WORDLOOM_URL', '')
  vi.stubEnv('PUBLIC_URL', '')
  expect(serverUrl()).toBe('http://[::1]:4100')
  vi.stubEnv('PUBLIC_URL', 'https://library.example/')
  expect(serverUrl()).toBe('https://library.example')
  vi.stubEnv('WORDLOOM_URL', 'http://127.0.0.1:4200')
  expect(serverUrl()).toBe('http://127.0.0.1:4200')
})

test('the values in .env.example are the defaults', () => {
  const lines = [...file('.env.example').matchAll(/^([A-Z0-9_]+)=(.*)$/gm)]
  expect(readConfig(Object.fromEntries(lines.map(([, name = '', value = '']) => [name, value])))).toEqual(
    readConfig({}),
  )
})

test('every variable that is read is documented in .env.example, and no other', () => {
  const looked = [...file('src/config.ts').matchAll(/process\.env\['([A-Z_]+)'\]/gm)].map(([, name]) => name)
  const names = [...variableNames, ...looked]
  expect(names).toContain('PORT')
  expect(names).toContain('S3_BUCKET')
  expect(names).toContain('WORDLOOM_URL')
  const documented = [...file('.env.example').matchAll(/^#? ?([A-Z0-9_]+)=/gm)].map(([, name]) => name)
  expect([...documented].sort()).toEqual([...new Set(names)].sort())
})

test('every variable in .env.example comes after a sentence about it', () => {
  const lines = file('.env.example').split('\n')
  const bare = lines.filter((line, index) => {
    const before = lines[index - 1] ?? ''
    return /^[A-Z0-9_]+=/.test(line) && !before.startsWith('#') && !/^[A-Z0-9_]+=/.test(before)
  })
  expect(bare).toEqual([])
})

test.each([
  ['CORS_ORIGIN', 'CORS_ORIGINS'],
  ['cors_origins', 'CORS_ORIGINS'],
  ['CROS_ORIGINS', 'CORS_ORIGINS'],
  ['WORDLOOM_CORS_ORIGINS', 'CORS_ORIGINS'],
  ['DATABASE_URI', 'DATABASE_URL'],
  ['TIMEZONE', 'TIME_ZONE'],
  ['MAX_IMAGES_BYTES', 'MAX_IMAGE_BYTES'],
  ['STORAGE-DIR', 'STORAGE_DIR'],
])('the variable %s is reported as a mistake for %s', (name, meant) => {
  const report = `Wordloom does not read the variable ${name}. Did you mean ${meant}?`
  expect(readConfig({ [name]: 'https://a.example' }).warnings).toEqual([report])
  expect(problems({ [name]: 'https://a.example', PORT: 'many' })).toContain(`\n  ${report}\n`)
})

test('a variable with the prefix of Wordloom that it does not read is reported, and those of others are not', () => {
  expect(readConfig({ WORDLOOM_COLOUR: 'red' }).warnings).toEqual([
    'Wordloom does not read the variable WORDLOOM_COLOUR. See .env.example for those that it reads.',
  ])
  const others =
    'PATH HOME HOSTS POST HOSTNAME SHELL LOGNAME NODE_ENV TZ S3_HOST AWS_REGION PUBLIC_DIR POSTGRES_URL'
  const environment = Object.fromEntries(others.split(' ').map((name) => [name, 'x']))
  expect(readConfig(environment).warnings).toEqual([])
  // One that is similar to a variable that is set as well is another program's.
  const both = { DATABASE_URL: 'postgres://db/x', DATABASE_URI: 'x' }
  expect(readConfig(both).warnings).toEqual([])
})

test.each([
  [{}, true],
  [{ HOST: '::1' }, true],
  [{ HOST: '0.0.0.0', ALLOW_OPEN_ACCESS: 'true', PUBLIC_URL: 'http://127.0.0.1:4000' }, true],
  [{ HOST: '0.0.0.0', ALLOW_OPEN_ACCESS: 'true' }, false],
  [{ PUBLIC_URL: 'https://library.example' }, false],
  [{ CORS_ORIGINS: 'https://app.example' }, false],
])('with %j pages of this machine may use the API: %s', (environment, expected) => {
  expect(readConfig(environment).localPages).toBe(expected)
})

test('documents are listed by their names, and unknown ones are told with the known', () => {
  const documents = (list: string) => readConfig({ DOCUMENT_TYPES: list }).documents
  expect(readConfig({}).documents).toEqual(documentNames)
  expect(documents('')).toEqual(documentNames)
  expect(documents('zip, PDF,md,,pdf')).toEqual(['pdf', 'md', 'zip'])
  expect(documents('none')).toEqual([])
  const message = problems({ DOCUMENT_TYPES: 'pdf,exe,html', MAX_DOCUMENT_BYTES: '0' })
  expect(message).toMatch(/DOCUMENT_TYPES: has unknown names: exe, html\. Use pdf, txt, .*flac, or none/)
  expect(message).toMatch(/MAX_DOCUMENT_BYTES: must be a whole number/)
  expect(problems({ DOCUMENT_TYPES: 'none,pdf' })).toContain('unknown names: none')
  expect(problems({ DOCUMENT_TYPES: 'constructor' })).toContain('unknown names: constructor')
})
