import type { App } from '../app.ts'

/** Lists the migrations that opening the app has applied; opening always migrates the database. */
export function reportMigrations({ migrated }: App) {
  if (migrated.length === 0) console.log('The database is up to date.')
  for (const name of migrated) console.log(`Applied ${name}`)
}
