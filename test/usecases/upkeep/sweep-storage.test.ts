import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { sweepStorage } from '../../../src/usecases/upkeep/sweep-storage.ts'
import { buildCtx, removeTemporaryFolders } from '../../support/builders.ts'
import { useDatabase } from '../../support/database.ts'

const database = useDatabase()
removeTemporaryFolders()

test('what an upload left behind is removed when it is a day old, and not before', async () => {
  const ctx = await buildCtx(database.db)
  const left = () => readdir(join(ctx.storageRoot, 'incoming'))
  await ctx.storage.receive(Readable.from([Buffer.from('left')]), 100)
  const hour = 60 * 60 * 1000
  ctx.clock.ms += 23 * hour
  await sweepStorage(ctx)
  expect(await left()).toHaveLength(1)
  ctx.clock.ms += 2 * hour
  await sweepStorage(ctx)
  expect(await left()).toEqual([])
})
