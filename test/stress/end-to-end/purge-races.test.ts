import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Client } from '../../support/client.ts'
import {
  expectAllCollected,
  perform,
  send,
  servedHash,
  sha256Of,
  startCollector,
} from '../../support/upkeep/collected-library.ts'
import { makeLibrary, queryDatabase } from '../../support/library/library.ts'
import { noise } from '../../support/media/pictures.ts'
import { randomChoices } from '../../support/random.ts'
import { cleanUpServers, startServer } from '../../support/server.ts'

cleanUpServers()

/** A minute: RACE_SECONDS=60. It goes on until every outcome was met, for this much longer at most. */
const seconds = Number(process.env['RACE_SECONDS'] ?? 6)
const moreSeconds = 120
const seed = Number(process.env['RACE_SEED'] ?? Date.now() % 2 ** 31)

interface Counts {
  uploaded: number
  restored: number
  purged: number
  gone: number
}

/** Uploads, trashes, restores and purges pictures that the others have too, each in a place of its own. */
async function keepBusy(
  client: Client,
  pictures: readonly Buffer[],
  random: ReturnType<typeof randomChoices>,
  counts: Counts,
  mayStop: () => boolean,
) {
  const { images } = await makeLibrary(client)
  while (!mayStop()) {
    const bytes = random.one(pictures)
    const id = await send(client, images, bytes)
    counts.uploaded += 1
    expect(await servedHash(client, id)).toBe(sha256Of(bytes))
    const { deletion } = await perform(client, 'trash', id)
    if (!deletion) throw new Error('It is not in the trash.')
    const chance = random.below(10)
    if (chance < 6) {
      const { __typename: answer } = await perform(client, 'restore', deletion.id)
      if (answer === 'RestoreDeletionSuccess') {
        counts.restored += 1
        expect(await servedHash(client, id)).toBe(sha256Of(bytes))
      } else {
        // The collector was faster.
        expect(answer).toBe('NotFound')
        counts.gone += 1
      }
    } else if (chance < 9) {
      const { __typename: answer } = await perform(client, 'purge', deletion.id)
      expect(['PurgeDeletionSuccess', 'NotFound']).toContain(answer)
      counts.purged += 1
    } else await perform(client, 'empty')
  }
}

test('two servers and two workers that upload, trash, restore, purge and collect the same bytes lose nothing', async () => {
  console.log(`RACE_SEED=${seed}`)
  const settings = { MAX_FILES_PER_OWNER: '10000' }
  const first = await startServer(settings)
  const second = await startServer(settings, first.dataDir)
  const collectors = [await startCollector(first), await startCollector(first)]
  const pictures = await Promise.all([1, 2, 3, 4].map(() => noise(60, 60)))
  const counts: Counts = { uploaded: 0, restored: 0, purged: 0, gone: 0 }
  const everyOutcome = () => Object.values(counts).every((count) => count > 0)
  const start = Date.now()
  const mayStop = () => {
    const passed = (Date.now() - start) / 1000
    return passed > seconds && (everyOutcome() || passed > seconds + moreSeconds)
  }
  await Promise.all(
    [first, second, first, second].map(({ url }, place) =>
      keepBusy(new Client(url), pictures, randomChoices(seed + place), counts, mayStop),
    ),
  )
  console.log(JSON.stringify(counts))
  for (const collector of collectors) await collector.kill()
  expect(everyOutcome(), JSON.stringify(counts)).toBe(true)
  // The thumbnails of the last uploads may be under way.
  for (let busy = true; busy;) {
    await delay(100)
    const [jobs] = await queryDatabase<{ count: number }>(
      first,
      `select count(*)::int as count from jobs where name = 'render-thumbnails' and status in ('QUEUED', 'RUNNING')`,
    )
    busy = jobs?.count !== 0
  }
  expect(await expectAllCollected(first)).toMatchObject({ files: expect.any(Number) as number })
  for (const server of [first, second]) expect(await server.stop(), server.output().slice(-3000)).toBe(0)
})
