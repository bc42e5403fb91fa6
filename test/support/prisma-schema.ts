import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { PrismaPg } from '@prisma/adapter-pg'
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils'
import * as engine from '@prisma/schema-engine-wasm/schema_engine_bg'

// Node has it, but neither its types nor ECMAScript's declare it.
declare const WebAssembly: {
  instantiate(bytes: Uint8Array, imports: object): Promise<{ instance: { exports: Record<string, unknown> } }>
}

/** The SQL that makes an empty database into what `prisma/schema.prisma` says, by Prisma's own schema engine. */
export async function sqlOfPrismaSchema(connection: {
  host: string
  port: number
  user: string
  database: string
}) {
  const require = createRequire(import.meta.url)
  const wasm = await readFile(require.resolve('@prisma/schema-engine-wasm').replace(/\.js$/, '_bg.wasm'))
  const { instance } = await WebAssembly.instantiate(wasm, { './schema_engine_bg.js': engine })
  engine.__wbg_set_wasm(instance.exports)
  ;(instance.exports['__wbindgen_start'] as () => void)()

  const path = new URL('../../prisma/schema.prisma', import.meta.url)
  const content = await readFile(path, 'utf8')
  const adapter = bindMigrationAwareSqlAdapterFactory(new PrismaPg(connection))
  const schema = { path: path.pathname, content }
  const schemaEngine = await engine.SchemaEngine.new(
    { datamodels: [[schema.path, schema.content]] },
    () => {},
    adapter,
  )
  const { stdout } = await schemaEngine.diff({
    from: { tag: 'empty' },
    to: { tag: 'schemaDatamodel', files: [schema] },
    script: true,
    exitCode: null,
    filters: { externalTables: [], externalEnums: [] },
  })
  if (!stdout) throw new Error('The schema engine printed nothing.')
  return stdout
}
