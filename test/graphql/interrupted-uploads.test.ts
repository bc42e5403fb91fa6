import { expect, test } from 'vitest'
import { ask, useApi } from '../support/api.ts'
import { useDatabase } from '../support/database.ts'
import { uploadDocument } from '../support/client.ts'
import { makeLibrary } from '../support/library/library.ts'
import { batchParts } from '../support/media/batch.ts'
import { photograph } from '../support/media/pictures.ts'
import { fieldPart, filePart, multipartBody, type Part, RawRequest } from '../support/wire.ts'

const api = useApi(useDatabase())

const reasons = async () => {
  const query =
    '{ admin { mediaEvents(first: 1, where: { decisions: [REJECT] }) { totalCount nodes { reason } } } }'
  const { admin } = await ask<{
    admin: { mediaEvents: { totalCount: number; nodes: { reason: string | null }[] } }
  }>(api.client(), query)
  return { count: admin.mediaEvents.totalCount, reason: admin.mediaEvents.nodes[0]?.reason }
}

const graphql = async (): Promise<Part[]> => {
  const { images: slot } = await makeLibrary(api.client())
  return [
    fieldPart('operations', { query: uploadDocument, variables: { input: { file: null, slot } } }),
    fieldPart('map', { 0: ['variables.input.file'] }),
    filePart('0', await photograph()),
  ]
}
const batch = async () => {
  const { images: slot } = await makeLibrary(api.client())
  return batchParts(slot, [await photograph()])
}
const image = async () => [filePart('file', await photograph())]

/** The ends of a request: its client goes away, or its form is cut or malformed although the request is whole. */
const ends: [string, (body: Buffer) => { body: Buffer; isWhole: boolean }][] = [
  ['a connection that is lost', (body) => ({ body: body.subarray(0, body.length / 2), isWhole: false })],
  ['a form that is incomplete', (body) => ({ body: body.subarray(0, body.length / 2), isWhole: true })],
]

test.each(
  (
    [
      ['/graphql', graphql],
      ['/graphql', batch],
      ['/api/images', image],
    ] as const
  ).flatMap(([path, parts]) => ends.map(([what, end]) => [path, what, parts, end] as const)),
)(
  '%s: %s is recorded as an interrupted upload, and is no fault of the server',
  async (path, _what, parts, end) => {
    const { count } = await reasons()
    const whole = multipartBody(await parts())
    const { body, isWhole } = end(whole)
    const length = String(isWhole ? body.length : whole.length)
    const request = await RawRequest.post(api.url, { 'Content-Length': length }, path)
    await request.send(body)
    if (isWhole) expect((await request.answer()).status).toBeLessThan(500)
    else request.socket.end()
    await expect.poll(reasons).toEqual({ count: count + 3, reason: 'UploadInterrupted' })
    request.close()
    expect(api.log.filter(({ level }) => level >= 50)).toEqual([])
  },
)
