import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Client } from '../../support/client.ts'
import {
  CutOff,
  expectAllCollected,
  perform,
  send,
  servedHash,
  sha256Of,
  startCollector,
} from '../../support/upkeep/collected-library.ts'
import { makeLibrary } from '../../support/library/library.ts'
import { noise } from '../../support/media/pictures.ts'
import { killHard, until } from '../../support/processes.ts'
import { randomChoices, randomNumbers } from '../../support/random.ts'
import { cleanUpServers, startServer } from '../../support/server.ts'

cleanUpServers()

/** Many more: PURGE_KILL_POINTS=100. */
const points = Number(process.env['PURGE_KILL_POINTS'] ?? 5)
const seed = Number(process.env['KILL_SEED'] ?? Date.now() % 2 ** 31)

/** What clients know: the hashes of what is live, and of what they asked for without an answer. */
interface Known {
  readonly live: Map<string, string>
  readonly unsure: Map<string, string>
  done: number
}

/** Keeps one of three pictures, has the others trashed, restored and purged, until the server is gone. */
async function keepBusy(
  client: Client,
  slot: object,
  random: ReturnType<typeof randomChoices>,
  known: Known,
) {
  try {
    for (;;) {
      const bytes = await noise(20 + random.below(60), 20)
      const id = await send(client, slot, bytes)
      known.live.set(id, sha256Of(bytes))
      known.done += 1
      const chance = random.below(6)
      if (chance < 2) continue
      known.unsure.set(id, sha256Of(bytes))
      known.live.delete(id)
      const { deletion } = await perform(client, 'trash', id)
      if (chance === 2) {
        const { __typename: answer } = await perform(client, 'restore', deletion?.id ?? '')
        if (answer === 'RestoreDeletionSuccess') known.live.set(id, sha256Of(bytes))
      } else if (chance === 3) await perform(client, 'purge', deletion?.id ?? '')
      else if (chance === 4) await perform(client, 'empty')
      known.unsure.delete(id)
      known.done += 1
    }
  } catch (error) {
    if (!(error instanceof CutOff)) throw error
  }
}

test(`a server and a worker that are killed at ${points} random points of purges and collections leave nothing behind and lose nothing`, async () => {
  console.log(`KILL_SEED=${seed}`)
  const random = randomNumbers(seed)
  const known: Known = { live: new Map(), unsure: new Map(), done: 0 }
  const settings = { MAX_FILES_PER_OWNER: '10000' }
  let server = await startServer(settings)
  const { images } = await makeLibrary(new Client(server.url))
  for (let point = 1; point <= points; point += 1) {
    const collector = await startCollector(server)
    const clients = [1, 2, 3].map((place) =>
      keepBusy(new Client(server.url), images, randomChoices(seed + point * 10 + place), known),
    )
    const before = known.done
    await Promise.race([until(() => known.done > before + 3), Promise.all(clients)])
    await delay(random() * 500)
    // Now the one first, now the other.
    if (random() < 0.5) await collector.kill()
    await killHard(server)
    await Promise.all(clients)
    await delay(random() * 100)
    await collector.kill()
    server = await startServer(settings, server.dataDir)
  }
  const { files } = await expectAllCollected(server)
  const client = new Client(server.url)
  for (const [id, hash] of known.live) expect(await servedHash(client, id), id).toBe(hash)
  // What nobody answered for is live or gone, as a whole.
  for (const [id, hash] of known.unsure) expect([hash, '404']).toContain(await servedHash(client, id))
  console.log(`${points} points, ${known.done} changes, ${known.live.size} live pictures of ${files} files`)
  expect(files).toBeGreaterThanOrEqual(known.live.size)
  expect(await server.stop(), server.output().slice(-3000)).toBe(0)
}, 1_200_000)
