/**
 * A worker to which both clocks are ahead, so that everything in the trash is due for it and everything without a medium old enough: it
 * purges and collects all the time, until it is ended. With ONCE it does so once, also with objects that no row knows, for
 * which nobody may be uploading; that is all right when it ends with 0.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { createApp } from '../../../src/app.ts'
import { loadConfig } from '../../../src/config.ts'
import { defaultWorkspaceId } from '../../../src/domain/access.ts'
import { createLog } from '../../../src/log.ts'
import { collectGarbage } from '../../../src/usecases/upkeep/collect-garbage.ts'
import { newId, systemActor } from '../../../src/usecases/context.ts'
import { purgeTrash } from '../../../src/usecases/trash/run-purge.ts'
import { removeObjects } from '../../../src/usecases/upkeep/remove-objects.ts'

const day = 24 * 60 * 60 * 1000
/** What was trashed just now is due, and what is purged then is old enough. */
const [purgeAhead, collectAhead] = [31 * day, 39 * day]

const config = loadConfig()
const app = await createApp(config, createLog(config))
const { services, log } = app
const once = process.env['ONCE'] !== undefined
const ctx = { ...services, log, actor: systemActor(defaultWorkspaceId), requestId: newId() }
const ahead = (ms: number) => {
  const now = () => new Date(Date.now() + ms)
  return { ...ctx, now, databaseNow: () => Promise.resolve(now()) }
}

console.log('Collecting')
do {
  const due = { expiredAt: ahead(purgeAhead).now() }
  // The server may be purging for somebody who asked for it.
  await purgeTrash(ahead(purgeAhead), { due, waitMs: 10_000 })
  await collectGarbage(ahead(collectAhead), { installation: once, force: true })
  await removeObjects(services)
  // The machine is for the others too, and sometimes what was trashed can still be restored.
  await delay(20 + Math.random() * 180)
} while (!once)
await app.close()
