import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

/** Debian's and Ubuntu's PostgreSQL 15, the oldest that is supported. */
const postgres15 = process.env['POSTGRES_15_BIN'] ?? '/usr/lib/postgresql/15/bin'

/** Another Node for the servers of the end-to-end tests, and whether there is an object store for their files. */
const otherNode = process.env['WORDLOOM_TEST_NODE'] ?? null
const hasStore = process.env['WORDLOOM_TEST_S3_ENDPOINT'] !== undefined

/** Files share a process and what it has imported, a third of the time. What a test changes for all, it puts back. */
const isolate = false

/** Tests with a database of their own, on the embedded PostgreSQL or on one that is installed. */
const withDatabase = (name: string, include: string[], postgresFolder: string | null = null) => ({
  extends: true as const,
  test: {
    name,
    isolate,
    include,
    globalSetup: ['test/support/postgres.ts'],
    provide: { postgresFolder },
  },
})

/** Tests of the built server over the wire. */
const endToEnd = (
  name: string,
  include: string[],
  { node = null, storage = 'folder' }: { node?: string | null; storage?: 'folder' | 's3' } = {},
) => ({
  name,
  isolate,
  include,
  globalSetup: ['test/support/built-server.ts'],
  provide: { serverNode: node, serverStorage: storage },
  // Thirty ends by force take minutes, and more of them where others use the machine.
  testTimeout: 1_200_000,
  hookTimeout: 300_000,
  expect: { poll: { timeout: 60_000 } },
})

/** What is about SQL: the statements, their plans, and the constraints. The others would only take time. */
const aboutSql = [
  'test/{db,plans}/*.test.ts',
  'test/stress/{trash-model,tag-model,tag-search,many-tags,concurrent-purge,concurrent-trash}.test.ts',
  'test/usecases/**/{foreign-keys,purge-kinds,collect-garbage,collect-objects,block-revisions}.test.ts',
  'test/usecases/**/{index-library,library-search,check-tags,paste-blocks,undo-merge,tagging,checkpoints}.test.ts',
  'test/graphql/{statements,names-in-order,tag-filter,tag-search,trash-lists,library-search,media-events,jobs}.test.ts',
]

/** What is the same whichever Node runs the server and wherever its files are. */
const sameElsewhere =
  'test/e2e/{bench,command-line,rebuild-thumbnails,purge-command,garbage-collection-command,recovery}.test.ts'

const lacking = [
  ...(existsSync(postgres15)
    ? []
    : [`no tests on PostgreSQL 15: there is no ${postgres15} (POSTGRES_15_BIN)`]),
  ...(otherNode ? [] : ['no end-to-end tests on another Node (WORDLOOM_TEST_NODE)']),
  ...(hasStore ? [] : ['no tests with an object store (WORDLOOM_TEST_S3_ENDPOINT)']),
]
if (process.env['npm_lifecycle_event'] === 'test:all')
  for (const what of lacking) console.log(`There are ${what}.`)

export default defineConfig({
  // The copy that Node and the libraries load. Vite would take the ES module beside it, whose types do not know theirs.
  resolve: { alias: [{ find: /^graphql$/, replacement: createRequire(import.meta.url).resolve('graphql') }] },
  test: {
    maxWorkers: Math.min(6, Math.max(2, availableParallelism())),
    testTimeout: 30_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000 } },
    projects: [
      // `npm test`
      {
        extends: true as const,
        test: { name: 'rules', isolate, include: ['test/{*,{domain,probes,clients}/**/*}.test.ts'] },
      },
      withDatabase('postgresql-18', ['test/{usecases,db,storage,graphql}/**/*.test.ts']),
      { extends: true as const, test: endToEnd('smoke', ['test/smoke/*.test.ts']) },

      // `npm run test:all` adds these.
      withDatabase('stress', ['test/stress/*.test.ts']),
      withDatabase('plans', ['test/plans/*.test.ts']),
      withDatabase('object-store', ['test/object-store/*.test.ts']),
      ...(existsSync(postgres15) ? [withDatabase('postgresql-15', aboutSql, postgres15)] : []),
      {
        extends: true as const,
        test: endToEnd('end-to-end', ['test/e2e/*.test.ts', 'test/object-store/end-to-end/*.test.ts']),
      },
      { extends: true as const, test: endToEnd('stress-end-to-end', ['test/stress/end-to-end/*.test.ts']) },
      ...(otherNode !== null || hasStore
        ? [
            {
              extends: true as const,
              test: {
                ...endToEnd('end-to-end-elsewhere', ['test/{smoke,e2e,stress/end-to-end}/*.test.ts'], {
                  node: otherNode,
                  storage: hasStore ? 's3' : 'folder',
                }),
                exclude: [sameElsewhere, 'test/smoke/health.test.ts'],
                // The large numbers are those of `stress-end-to-end`.
                env: {
                  KILL_POINTS: process.env['KILL_POINTS'] ?? '10',
                  PURGE_KILL_POINTS: process.env['PURGE_KILL_POINTS'] ?? '3',
                  RACE_SECONDS: process.env['RACE_SECONDS'] ?? '4',
                },
              },
            },
          ]
        : []),
    ],
  },
})
