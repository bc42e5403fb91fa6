import { expect, test } from 'vitest'
import { Client } from '../support/client.ts'
import { makeLibrary, queryDatabase, stored } from '../support/library/library.ts'
import { photograph } from '../support/media/pictures.ts'
import { until } from '../support/processes.ts'
import { cleanUpServers, type RunningServer, startServer } from '../support/server.ts'
import { filePart, multipartBody, RawRequest } from '../support/wire.ts'

cleanUpServers()

/** Sends half of a picture and stays silent, with the connection open. */
async function sendHalf(server: RunningServer) {
  await makeLibrary(new Client(server.url))
  const body = multipartBody([filePart('file', await photograph())])
  const request = await RawRequest.post(server.url, { 'Content-Length': String(body.length) }, '/api/images')
  await request.send(body.subarray(0, body.length / 2))
  await until(async () => (await stored(server)).incoming === 1)
  return request
}

const outcomes = async (server: RunningServer) =>
  (
    await queryDatabase<{ reason: string }>(
      server,
      "select reason from media_events where step = 'RESULT' and decision = 'REJECT'",
    )
  ).map(({ reason }) => reason)

test('a client that falls silent in the middle of an upload is cut off, and that is recorded', async () => {
  const server = await startServer({ IDLE_CONNECTION_SECONDS: '1' })
  const request = await sendHalf(server)
  await expect.poll(() => outcomes(server), { timeout: 20_000 }).toEqual(['UploadInterrupted'])
  await until(async () => (await stored(server)).incoming === 0)
  expect(await stored(server)).toMatchObject({ blobs: 0, media: 0, files: 0 })
  expect(server.output()).not.toContain('"level":50')
  request.close()
  expect(await server.stop()).toBe(0)
})

test('an upload that a shutdown cuts off is recorded, and leaves nothing', async () => {
  const first = await startServer({ SHUTDOWN_GRACE_SECONDS: '1' })
  const request = await sendHalf(first)
  expect(await first.stop()).toBe(0)
  request.close()
  expect(first.output()).not.toContain('"level":50')

  const second = await startServer({}, first.dataDir)
  expect(await outcomes(second)).toEqual(['UploadInterrupted'])
  expect(await stored(second)).toEqual({ blobs: 0, media: 0, files: 0, incoming: 0 })
  expect(await second.stop()).toBe(0)
})
