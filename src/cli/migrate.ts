import type { App } from '../app.ts'

/** Says what opening the app has applied: it always brings the database up to date. */
export function reportMigrations({ migrated }: App) {
  if (migrated.length === 0) console.log('The database is up to date.')
  for (const name of migrated) console.log(`Applied ${name}`)
}
