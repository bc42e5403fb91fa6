import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Client } from '../support/client.ts'
import {
  expectAllCollected,
  perform,
  send,
  servedHash,
  sha256Of,
  startCollector,
} from '../support/collected-library.ts'
import { makeLibrary, queryDatabase } from '../support/library.ts'
import { noise } from '../support/pictures.ts'
import { randomChoices } from '../support/random.ts'
import { cleanUpServers, startServer } from '../support/server.ts'

cleanUpServers()

/** A minute: RACE_SECONDS=60. */
const seconds = Number(process.env['RACE_SECONDS'] ?? 6)
const seed = Number(process.env['RACE_SEED'] ?? Date.now() % 2 ** 31)

/** Uploads, trashes, restores and purges pictures that the others have too, each in a place of its own. */
async function keepBusy(
  client: Client,
  pictures: readonly Buffer[],
  random: ReturnType<typeof randomChoices>,
  until: number,
) {
  const { images } = await makeLibrary(client)
  const counts = { uploaded: 0, restored: 0, purged: 0, gone: 0 }
  while (Date.now() < until) {
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
  return counts
}

test('two servers and two workers that upload, trash, restore, purge and collect the same bytes lose nothing', async () => {
  console.log(`RACE_SEED=${seed}`)
  const settings = { MAX_FILES_PER_OWNER: '10000' }
  const first = await startServer(settings)
  const second = await startServer(settings, first.dataDir)
  const collectors = [await startCollector(first), await startCollector(first)]
  const pictures = await Promise.all([1, 2, 3, 4].map(() => noise(60, 60)))
  const until = Date.now() + seconds * 1000
  const counts = await Promise.all(
    [first, second, first, second].map(({ url }, place) =>
      keepBusy(new Client(url), pictures, randomChoices(seed + place), until),
    ),
  )
  console.log(JSON.stringify(counts))
  for (const collector of collectors) await collector.kill()
  const total = (name: keyof (typeof counts)[number]) => counts.reduce((sum, one) => sum + one[name], 0)
  expect(total('restored')).toBeGreaterThan(0)
  expect(total('purged')).toBeGreaterThan(0)
  expect(total('gone')).toBeGreaterThan(0)
  // The thumbnails of the last uploads may be under way.
  for (let busy = true; busy;) {
    await delay(100)
    const [jobs] = await queryDatabase<{ count: number }>(
      first,
      `select count(*)::int as count from pgboss.job where name = 'render-thumbnails' and state in ('created', 'active')`,
    )
    busy = jobs?.count !== 0
  }
  expect(await expectAllCollected(first)).toMatchObject({ files: expect.any(Number) as number })
  for (const server of [first, second]) expect(await server.stop(), server.output().slice(-3000)).toBe(0)
})
