import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

// Run by `npm run generate`: the names of all icons of the installed Lucide, aliases included.
const lucide = dirname(createRequire(import.meta.url).resolve('lucide-static/package.json'))
const names = readdirSync(join(lucide, 'icons'))
  .flatMap((file) => /^(.+)\.svg$/.exec(file)?.[1] ?? [])
  .sort()
const folder = 'src/domain/generated'
mkdirSync(folder, { recursive: true })
writeFileSync(
  join(folder, 'icon-names.ts'),
  `export const iconNames: readonly string[] = ${JSON.stringify(names, null, 2)}\n`,
)
