import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { defineConfig } from 'vitest/config'

/** Debian's and Ubuntu's PostgreSQL 15, the oldest that is supported. */
const postgres15 = process.env['POSTGRES_15_BIN'] ?? '/usr/lib/postgresql/15/bin'

const withDatabase = ['test/{usecases,db,storage,graphql}/**/*.test.ts']
const globalSetup = ['test/support/postgres.ts']

/** Files share a process and what it has imported, a third of the time. What a test changes for all, it puts back. */
const isolate = false

export default defineConfig({
  // The copy that Node and the libraries load. Vite would take the ES module beside it, whose types do not know theirs.
  resolve: { alias: [{ find: /^graphql$/, replacement: createRequire(import.meta.url).resolve('graphql') }] },
  test: {
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000 } },
    projects: [
      {
        extends: true as const,
        test: { name: 'rules', isolate, include: ['test/{*,{domain,probes}/**/*}.test.ts'] },
      },
      {
        extends: true as const,
        test: {
          name: 'postgresql-18',
          isolate,
          include: withDatabase,
          globalSetup,
          provide: { postgresFolder: null },
        },
      },
      ...(existsSync(postgres15)
        ? [
            {
              extends: true as const,
              test: {
                name: 'postgresql-15',
                isolate,
                // What is about SQL: the statements, their plans, and the constraints. The others would only take time.
                include: [
                  'test/db/**/*.test.ts',
                  'test/usecases/**/{foreign-keys,trash-model,tag-model,purge-kinds,concurrent-purge,concurrent-trash}.test.ts',
                  'test/usecases/**/{collect-garbage,collect-objects,block-revisions,index-library}.test.ts',
                  'test/usecases/**/{library-search,check-tags,paste-blocks,undo-merge,tagging,checkpoints}.test.ts',
                  'test/graphql/{statements,tag-filter,tag-search,trash-lists,library-search,media-events,jobs}.test.ts',
                ],
                globalSetup,
                provide: { postgresFolder: postgres15 },
              },
            },
          ]
        : []),
      {
        extends: true as const,
        test: {
          name: 'end-to-end',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: ['test/support/bucket-of-run.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          expect: { poll: { timeout: 60_000 } },
        },
      },
    ],
  },
})
