import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { NoPicture } from '../../src/domain/thumbnails.ts'
import { takePoster } from '../../src/probes/poster.ts'
import { findPrograms } from '../../src/probes/programs.ts'
import { probeVideo } from '../../src/probes/video.ts'
import { removeTemporaryFolders, temporaryFolder } from '../support/builders.ts'
import { type Recording, recording, recordingPath } from '../support/media/documents.ts'
import { programs } from '../support/programs.ts'

removeTemporaryFolders()

const packaged = findPrograms({ searchPath: '' }).ffprobe
const every = [...new Set([packaged, programs.ffprobe])].filter((path) => path !== null)

const types = {
  'sine.mp3': 'audio/mpeg',
  'cover.mp3': 'audio/mpeg',
  'sine.m4a': 'audio/mp4',
  'cover.m4a': 'audio/mp4',
  'vorbis.ogg': 'audio/ogg',
  'opus.ogg': 'audio/ogg',
  'sine.wav': 'audio/wav',
  'sine.flac': 'audio/flac',
} as const satisfies Record<Recording, string>

const names = Object.keys(types) as Recording[]

test.each(every.flatMap((ffprobe) => names.map((name) => [ffprobe, name] as const)))(
  '%s reads the duration of %s',
  async (ffprobe, name) => {
    const bytes = await recording(name)
    const file = { path: recordingPath(name), mimeType: types[name], sizeBytes: bytes.length }
    const { durationMs, ...facts } = await probeVideo(file, { ffprobe })
    expect(facts).toEqual({ width: null, height: null, probeStatus: 'READ' })
    // An MP3 is made of frames of 72 ms at this rate.
    expect(Math.abs((durationMs ?? 0) - 1000)).toBeLessThan(160)
  },
)

async function fileOf(bytes: Buffer, mimeType: string) {
  const path = join(await temporaryFolder(), 'recording')
  await writeFile(path, bytes)
  return { path, mimeType, sizeBytes: bytes.length }
}

test('a recording that is damaged or of another type is not read, and one that is cut off is told', async () => {
  for (const ffprobe of every) {
    const noise = Buffer.from('fffb9000'.repeat(4) + '07'.repeat(500), 'hex')
    for (const mimeType of ['audio/ogg', 'audio/mp4'])
      expect(await probeVideo(await fileOf(noise, mimeType), { ffprobe })).toMatchObject({
        probeStatus: 'UNREADABLE',
        durationMs: null,
      })
    const whole = await recording('sine.m4a')
    const faststart = await fileOf(whole.subarray(0, whole.length - 20), 'audio/mp4')
    const { probeStatus } = await probeVideo(faststart, { ffprobe })
    expect(['INCOMPLETE', 'UNREADABLE']).toContain(probeStatus)
  }
  expect(await probeVideo(await fileOf(Buffer.alloc(9), 'audio/wav'), { ffprobe: null })).toMatchObject({
    probeStatus: 'UNAVAILABLE',
  })
})

test.skipIf(programs.ffmpeg === null)(
  'cover art is the picture of a recording, which else has none',
  async () => {
    for (const name of names) {
      const file = { path: recordingPath(name), mimeType: types[name], sizeBytes: 1 }
      const picture = await takePoster(file, { ...programs, durationMs: 1000 })
      const size = picture instanceof NoPicture ? picture.why : [picture.width, picture.height]
      expect(size, name).toEqual(name.startsWith('cover') ? [32, 32] : 'no frame')
    }
  },
)
