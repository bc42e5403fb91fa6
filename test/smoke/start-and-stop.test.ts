import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { Client } from '../support/client.ts'
import { makeLibrary, shelfNames } from '../support/library/library.ts'
import { photograph } from '../support/media/pictures.ts'
import { isRunning, postgresPid, runningPostgres } from '../support/processes.ts'
import { cleanUpServers, startServer } from '../support/server.ts'

cleanUpServers()

test('a server that was stopped goes on with its data at the next start', async () => {
  const first = await startServer()
  await makeLibrary(new Client(first.url), 'Novels')
  const postgres = await runningPostgres(first.dataDir)
  expect(await first.stop()).toBe(0)
  expect(isRunning(postgres)).toBe(false)
  expect(await postgresPid(first.dataDir)).toBeNull()

  const second = await startServer({}, first.dataDir)
  expect(await shelfNames(second)).toEqual(['Novels'])
  expect(second.output()).toContain(`${second.url}/graphiql`)
  expect(await second.stop()).toBe(0)
})

test('a picture that was uploaded is served as it was sent', async () => {
  const server = await startServer()
  const client = new Client(server.url)
  const { cover } = await makeLibrary(client)
  const picture = await photograph()
  const answer = await client.upload({ slot: cover }, new Blob([Uint8Array.from(picture)]), 'picture.jpg')
  expect(answer.errors).toEqual([])
  const { uploadMedia } = answer.data as { uploadMedia: { media: { url: string; sha256: string } } }
  expect(uploadMedia.media.sha256).toBe(createHash('sha256').update(picture).digest('hex'))
  const served = await fetch(uploadMedia.media.url)
  expect(Buffer.from(await served.arrayBuffer()).equals(picture)).toBe(true)
  expect(await server.stop()).toBe(0)
})
