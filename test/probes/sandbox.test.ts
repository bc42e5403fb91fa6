import { copyFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { NoPicture } from '../../src/domain/thumbnails.ts'
import { takePoster } from '../../src/probes/poster.ts'
import { findPrograms, runProgram } from '../../src/probes/programs.ts'
import { probeVideo } from '../../src/probes/video.ts'
import { removeTemporaryFolders, temporaryFolder } from '../support/builders.ts'
import { clip, clipPath } from '../support/media/clips.ts'
import { filmElsewhere, playlists } from '../support/media/external-clips.ts'
import { programs } from '../support/programs.ts'

removeTemporaryFolders()

const installed = findPrograms({ searchPath: '' }).ffprobe ?? ''
const every = [...new Set([installed, programs.ffprobe ?? installed])]

const requests: string[] = []
const server = createServer((request, response) => {
  requests.push(request.url ?? '')
  void clip('index-at-start.mp4').then((bytes) => response.end(bytes))
})
const remote = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/secret.mp4`

beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
afterAll(() => server.close())

/** A file, and beside it one that it must not reach. */
async function beside(make: (secret: string) => Promise<Buffer> | Buffer) {
  const folder = await temporaryFolder()
  await copyFile(clipPath('quicktime.mov'), join(folder, 'secret.mov'))
  const path = join(folder, 'clip')
  const bytes = await make(join(folder, 'secret.mov'))
  await writeFile(path, bytes)
  return { path, sizeBytes: bytes.length }
}

const places = ['a file', 'a server'] as const
const targetIn = (place: (typeof places)[number], secret: string) => (place === 'a file' ? secret : remote())

const playlistOf = (name: string, target: string) =>
  playlists(target).find(([one]) => one === name)?.[2] ?? Buffer.alloc(0)

test.each(playlists('').flatMap(([name]) => places.map((place) => [name, place] as const)))(
  'a %s that names %s is no video, whatever it is taken for',
  async (name, place) => {
    const file = await beside((secret) => playlistOf(name, targetIn(place, secret)))
    for (const mimeType of ['video/mp4', 'video/webm', 'video/quicktime']) {
      for (const ffprobe of every)
        expect(await probeVideo({ ...file, mimeType }, { ffprobe })).toMatchObject({
          width: null,
          probeStatus: 'UNREADABLE',
        })
      expect(await takePoster({ ...file, mimeType }, { ...programs, durationMs: 1000 })).toBeInstanceOf(
        NoPicture,
      )
    }
    expect(requests).toEqual([])
  },
)

test('a film whose pictures are in another file gives away nothing of it', async () => {
  const file = { ...(await beside(filmElsewhere)), mimeType: 'video/quicktime' }
  for (const ffprobe of every) await probeVideo(file, { ffprobe })
  const poster = await takePoster(file, { ...programs, durationMs: 2000 })
  expect(poster).toBeInstanceOf(NoPicture)
})

/** Runs ffmpeg as somebody would who does not think of it, and says whether a picture came out. */
async function careless(path: string, options: readonly string[]) {
  const output = ['-frames:v', '1', '-f', 'image2pipe', '-c:v', 'png', 'pipe:1']
  const args = [
    '-v',
    'quiet',
    '-protocol_whitelist',
    'file,http,tcp,crypto,data',
    ...options,
    '-i',
    path,
    ...output,
  ]
  const limits = { milliseconds: 10_000, memoryBytes: 2 ** 31, outputBytes: 2 ** 24 }
  const run = await runProgram(programs.ffmpeg ?? '', args, limits)
  return run.outcome === 'ENDED' && run.output.length > 0
}

test.skipIf(programs.ffmpeg === null)(
  'the files of these tests do lead elsewhere when nothing prevents it',
  async () => {
    const film = await beside(filmElsewhere)
    expect(await careless(film.path, ['-f', 'mov', '-enable_drefs', '1'])).toBe(true)
    for (const place of places) {
      for (const [name, format] of playlists('')) {
        const list = await beside((secret) => playlistOf(name, targetIn(place, secret)))
        const loose = format === 'concat' ? ['-safe', '0'] : ['-allowed_extensions', 'ALL']
        expect(await careless(list.path, ['-f', format, ...loose])).toBe(true)
      }
    }
    expect(requests.splice(0).length).toBeGreaterThan(0)
  },
)
