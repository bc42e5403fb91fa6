import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { defineConfig } from 'vitest/config'

/** Debian's and Ubuntu's PostgreSQL 15, the oldest that is supported. */
const postgres15 = process.env['POSTGRES_15_BIN'] ?? '/usr/lib/postgresql/15/bin'

const withDatabase = ['test/{usecases,db,storage,graphql}/**/*.test.ts']
const globalSetup = ['test/support/postgres.ts']

export default defineConfig({
  // The copy that Node and the libraries load. Vite would take the ES module beside it, whose types do not know theirs.
  resolve: { alias: [{ find: /^graphql$/, replacement: createRequire(import.meta.url).resolve('graphql') }] },
  test: {
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: [
      { extends: true as const, test: { name: 'rules', include: ['test/{domain,probes}/**/*.test.ts'] } },
      {
        extends: true as const,
        test: {
          name: 'postgresql-18',
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
                include: withDatabase,
                // They are long, and about files or requests: their statements are tried by the others.
                exclude: [
                  'test/storage/**',
                  'test/usecases/{unusual-pictures,refused-uploads,repeated-uploads,room-in-quota,uploads,posters,renditions,thumbnails}.test.ts',
                  'test/usecases/{purge-times,purge-runs,bulk-trash,restore-targets,remove-objects,failing-storage,verify-storage,replay-events}.test.ts',
                  'test/usecases/{tenancy,jobs,idempotency,marker-images,media-url-keys,media-decisions}.test.ts',
                  'test/graphql/{odd-inputs,media-urls,media-access,media-over-http,protocol,deletions,connections,page-arguments,tagged,verification,purged-meanwhile,outage}.test.ts',
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
        },
      },
    ],
  },
})
