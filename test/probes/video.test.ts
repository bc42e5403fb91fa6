import { randomBytes } from 'node:crypto'
import { chmod, open, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ffprobeWarning, findPrograms, runProgram } from '../../src/probes/programs.ts'
import { probeVideo } from '../../src/probes/video.ts'
import { removeTemporaryFolders, temporaryFolder } from '../support/builders.ts'
import { clip, clipPath, withBoxes } from '../support/media/clips.ts'
import { programs } from '../support/programs.ts'

removeTemporaryFolders()

const installed = findPrograms({ searchPath: '' }).ffprobe ?? ''
const every = [...new Set([installed, programs.ffprobe ?? installed])]

const typeOf = (name: string) => (name.endsWith('.webm') ? 'video/webm' : 'video/mp4')

async function probe(bytes: Buffer, ffprobe: string | null, mimeType = 'video/mp4', timeLimitMs = 10_000) {
  const path = join(await temporaryFolder(), 'clip')
  await writeFile(path, bytes)
  return probeVideo({ path, mimeType, sizeBytes: bytes.length }, { ffprobe, timeLimitMs })
}

const nothing = { width: null, height: null, durationMs: null }

test.each(
  every.flatMap((ffprobe) =>
    (
      [
        ['index-at-end.mp4', 320, 240, 2000],
        ['index-at-start.mp4', 320, 240, 2000],
        ['turned.mp4', 240, 320, 2000],
        ['quicktime.mov', 320, 240, 2000],
        ['webm.webm', 320, 240, 2000],
        ['sound-only.mp4', null, null, 1000],
      ] as const
    ).map((expected) => [ffprobe, ...expected] as const),
  ),
)('%s reads %s: %s by %s pixels, %s ms', async (ffprobe, name, width, height, durationMs) => {
  const path = clipPath(name)
  const file = { path, mimeType: typeOf(name), sizeBytes: (await readFile(path)).length }
  expect(await probeVideo(file, { ffprobe })).toEqual({ width, height, durationMs, probeStatus: 'READ' })
})

/** Sets the durations in the head of a film and of its tracks to nothing. */
const withoutDuration = (bytes: Buffer) => {
  const cleared = (at: number) => (body: Buffer) => {
    const copy = Buffer.from(body)
    copy.writeUInt32BE(0, at)
    return copy
  }
  const noSamples = (body: Buffer) => body.fill(0, 4)
  const headless = withBoxes(withBoxes(bytes, 'mvhd', cleared(16)), 'tkhd', cleared(20))
  return withBoxes(withBoxes(headless, 'mdhd', cleared(16)), 'stbl', noSamples)
}

test.each<[string, () => Promise<Buffer>, string]>([
  ['cut off before its index', async () => (await clip('index-at-end.mp4')).subarray(0, 6000), 'UNREADABLE'],
  ['nothing but a beginning', async () => (await clip('index-at-end.mp4')).subarray(0, 32), 'UNREADABLE'],
  [
    'a beginning with anything after it',
    async () => Buffer.concat([(await clip('index-at-end.mp4')).subarray(0, 32), randomBytes(50_000)]),
    'UNREADABLE',
  ],
  ['without any duration', async () => withoutDuration(await clip('index-at-end.mp4')), 'NO_DURATION'],
])('a video that is %s has no duration, not one of 0', async (_case, make, probeStatus) => {
  for (const ffprobe of every)
    expect(await probe(await make(), ffprobe)).toMatchObject({ durationMs: null, probeStatus })
})

test.each(['index-at-start.mp4', 'index-at-end.mp4', 'webm.webm', 'sound-only.mp4'] as const)(
  '%s without its last byte is incomplete',
  async (name) => {
    const bytes = await clip(name)
    const mimeType = name.endsWith('.mov') ? 'video/quicktime' : typeOf(name)
    // What follows the end means nothing.
    for (const whole of [bytes, Buffer.concat([bytes, Buffer.from('123456789012')])])
      expect(await probe(whole, installed, mimeType)).toMatchObject({ probeStatus: 'READ' })
    expect(await probe(bytes.subarray(0, -1), installed, mimeType)).toMatchObject({
      probeStatus: 'INCOMPLETE',
    })
  },
)

test('a video that is cut off after its index is as long as it says', async () => {
  const bytes = (await clip('index-at-start.mp4')).subarray(0, 8000)
  expect(await probe(bytes, installed)).toMatchObject({
    width: 320,
    durationMs: 2000,
    probeStatus: 'INCOMPLETE',
  })
})

test.each(['/bin/no-such-ffprobe', null])('without ffprobe (%s) nothing is known', async (ffprobe) => {
  const bytes = await clip('index-at-end.mp4')
  expect(await probe(bytes, ffprobe)).toEqual({ ...nothing, probeStatus: 'UNAVAILABLE' })
})

/** A program in place of ffprobe. */
async function program(script: string) {
  const path = join(await temporaryFolder(), 'ffprobe')
  await writeFile(path, `#!/bin/sh\n${script}\n`)
  await chmod(path, 0o755)
  return path
}

/** The command lines of the running processes and zombies that have a word in them, and of the zombies of this one. */
async function running(word: string) {
  const found: string[] = []
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const [line, stat] = await Promise.all(
      ['cmdline', 'stat'].map((name) => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '')),
    )
    const [, state, parent] = /\) (\S) (\d+)/.exec(stat ?? '') ?? []
    if (line?.includes(word) || (state === 'Z' && Number(parent) === process.pid))
      found.push(`${pid} ${line}`)
  }
  return found
}

test('one that hangs is killed with what it started, also when it does not listen', async () => {
  const mark = `9${Date.now()}`
  const hanging = await program(`trap '' TERM INT HUP; sleep ${mark} & sleep ${mark}; sleep ${mark}`)
  expect(await probe(Buffer.alloc(9), hanging, 'video/mp4', 300)).toEqual({
    ...nothing,
    probeStatus: 'TIMED_OUT',
  })
  expect(await running(mark)).toEqual([])
})

test('what one leaves running at its end is killed', async () => {
  const mark = `8${Date.now()}`
  expect(await probe(Buffer.alloc(9), await program(`sleep ${mark} &`))).toMatchObject({
    probeStatus: 'UNREADABLE',
  })
  expect(await running(mark)).toEqual([])
})

test.each([
  ['prints without end', 'yes'],
  // Were it given so much, it would be cut off by the time limit.
  ['takes all memory', 'dd if=/dev/zero of=/dev/null bs=4G count=1 && sleep 60'],
  ['prints no JSON', 'echo hello'],
  ['prints other JSON', 'echo "{}"'],
  [
    'prints impossible numbers',
    `echo '{"streams":[{"width":-1,"height":1e99}],"format":{"duration":"N/A"}}' | head -c 20`,
  ],
  ['ends with an error', 'exit 1'],
  ['crashes', 'kill -SEGV $$'],
])('one that %s leaves the video unread', async (_case, script) => {
  expect(await probe(Buffer.alloc(9), await program(script))).toEqual({
    ...nothing,
    probeStatus: 'UNREADABLE',
  })
})

test.each(['-1', '0', '1e99', 'N/A', 'NaN', '99999999999'])(
  'a duration of %s s is none',
  async (duration) => {
    const answer = JSON.stringify({ streams: [{ width: 2 ** 40, height: 5 }], format: { duration } })
    expect(await probe(Buffer.alloc(9), await program(`echo '${answer}'`))).toEqual({
      ...nothing,
      probeStatus: 'NO_DURATION',
    })
  },
)

test('a program is given nothing of this process, and cannot write a file', async () => {
  const limits = { milliseconds: 5_000, memoryBytes: 2 ** 30, outputBytes: 10_000 }
  process.env['WORDLOOM_SECRET'] = 'secret'
  const secret = await open(join(await temporaryFolder(), 'secret'), 'w')
  const run = await runProgram('/bin/sh', ['-c', 'env; pwd; ls -l /proc/self/fd'], limits)
  await secret.close()
  const printed = run.outcome === 'ENDED' ? run.output.toString() : ''
  expect(printed).not.toContain('secret')
  expect(printed.match(/^[A-Z_]+=/gm)?.sort()).toEqual(['LC_ALL=', 'MALLOC_ARENA_MAX=', 'PWD='])
  const path = join(await temporaryFolder(), 'written')
  await runProgram('/bin/sh', ['-c', 'echo more > "$1"', 'sh', path], limits)
  expect(await readFile(path, 'utf8').catch(() => '')).toBe('')
})

test('the configured ffprobe goes before the one on the PATH, and that before the packaged one', async () => {
  const [configured, found] = [await program(''), await program('')]
  const searchPath = join(found, '..')
  const ffprobeOf = (given: { ffprobePath?: string; searchPath?: string }) =>
    findPrograms({ searchPath: '', ...given }).ffprobe
  expect(ffprobeOf({ ffprobePath: configured, searchPath })).toBe(configured)
  expect(ffprobeOf({ searchPath })).toBe(found)
  expect(ffprobeOf({ ffprobePath: 'ffprobe', searchPath })).toBe(found)
  expect(ffprobeOf({ ffprobePath: '/no/such', searchPath })).toBeNull()
  expect(ffprobeOf({})).toBe(installed)
})

test('the operator is warned of the packaged ffprobe only', async () => {
  expect(ffprobeWarning({ ffprobe: installed })).toMatch(/July 2023.*FFPROBE_PATH/)
  expect(ffprobeWarning({ ffprobe: await program('') })).toBeUndefined()
  expect(ffprobeWarning({ ffprobe: null })).toBeUndefined()
})

test('a configured program is used, a wrong one is none, and another ffprobe takes the place of none', async () => {
  const own = await program('')
  const none = { searchPath: '' }
  expect(findPrograms({ ...none, ffprobePath: own, ffmpegPath: own, pdftoppmPath: own })).toEqual({
    ffprobe: own,
    ffmpeg: own,
    pdftoppm: own,
  })
  expect(findPrograms({ ...none, ffprobePath: '/no/such' })).toEqual({
    ffprobe: null,
    ffmpeg: null,
    pdftoppm: null,
  })
  expect(findPrograms(none)).toEqual({ ffprobe: installed, ffmpeg: null, pdftoppm: null })
  expect(findPrograms({ ...none, searchPath: `relative:${join(own, '..')}` }).ffprobe).toBe(own)
})
