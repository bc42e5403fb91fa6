import { writeFileSync } from 'node:fs'
import { printedSchema, snapshot } from './schema.ts'

// Run by `npm run schema:snapshot`.
writeFileSync(snapshot, printedSchema())
