import { defineConfig } from 'prisma/config'

// The Prisma CLI is only used to generate the client. It never runs its schema engine here, so any existing program
// stands in for it and nothing has to be downloaded.
process.env['PRISMA_SCHEMA_ENGINE_BINARY'] ??= process.execPath
process.env['CHECKPOINT_DISABLE'] ??= '1'

export default defineConfig({ schema: 'prisma/schema.prisma', migrations: { path: 'prisma/migrations' } })
