import { fork } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { open, readFile, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { cpuSeconds } from './cpu.ts'
import { type Target, withTargets } from './targets.ts'

interface Options {
  readonly rounds: number
  readonly megabytes: number
  readonly say: (line: string) => void
  readonly signal: AbortSignal
}

interface Sample {
  readonly target: string
  readonly megabytesPerSecond: number
  readonly cpuPer100Megabytes: number
  /** Growth of the resident set, from before to its peak, in MB. */
  readonly memory: number
}

const megabyte = 1_000_000
const floorProgram = fileURLToPath(new URL('./upload-floor.ts', import.meta.url))
const clip = fileURLToPath(new URL('../test/fixtures/clips/index-at-start.mp4', import.meta.url))

/** The largest resident set of a process since it was last reset, in MB; NaN where there is no /proc. */
async function peakMemory(pid: number) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return (Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) * 1024) / megabyte
}

/** A video of a given size: a real clip, and a box with noise that players skip. */
async function makeVideo(path: string, megabytes: number) {
  const head = await readFile(clip)
  const padding = megabytes * megabyte - head.length
  const box = Buffer.alloc(16)
  box.writeUInt32BE(1, 0) // The size comes after the type, in 64 bits.
  box.write('free', 4, 'latin1')
  box.writeBigUInt64BE(BigInt(padding), 8)
  await writeFile(path, Buffer.concat([head, box]))
  const file = await open(path, 'a')
  for (let left = padding - box.length; left > 0; left -= 8 * megabyte) {
    await file.write(randomBytes(Math.min(left, 8 * megabyte)))
  }
  await file.sync()
  await file.close()
  return { path, offset: head.length + box.length, bytes: megabytes * megabyte }
}

type Video = Awaited<ReturnType<typeof makeVideo>>

/** Gives the video other bytes, so that it is no duplicate. */
async function change({ path, offset }: Video) {
  const file = await open(path, 'r+')
  await file.write(randomBytes(32), 0, 32, offset)
  await file.close()
}

const stream = ({ path }: Video) => createReadStream(path, { highWaterMark: megabyte })

async function sha256Of(video: Video) {
  const hash = createHash('sha256')
  for await (const chunk of stream(video) as AsyncIterable<Buffer>) hash.update(chunk)
  return hash.digest('hex')
}

async function post(url: string, headers: Record<string, string | number>, body: Readable): Promise<unknown> {
  const sending = request(url, { method: 'POST', headers })
  body.pipe(sending)
  const [answer] = (await once(sending, 'response')) as [Readable]
  const chunks: Buffer[] = []
  for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk)
  return JSON.parse(Buffer.concat(chunks).toString())
}

async function graphql<Data>(target: Target, query: string): Promise<Data> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${target.url}/graphql`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ query }),
  })
  return ((await response.json()) as { data: Data }).data
}

/** A block to put videos in. */
async function makeBlock(target: Target): Promise<string> {
  const { createBookshelf } = await graphql<{ createBookshelf: { bookshelf: { id: string } } }>(
    target,
    'mutation { createBookshelf(input: { name: "Bench" }) { ... on CreateBookshelfSuccess { bookshelf { id } } } }',
  )
  const { createBook } = await graphql<{ createBook: { book: { id: string } } }>(
    target,
    `mutation { createBook(input: { title: "Bench", bookshelfId: "${createBookshelf.bookshelf.id}" }) { ... on CreateBookSuccess { book { id } } } }`,
  )
  const { createBlock } = await graphql<{ createBlock: { block: { id: string } } }>(
    target,
    `mutation { createBlock(input: { bookId: "${createBook.book.id}" }) { ... on CreateBlockSuccess { block { id } } } }`,
  )
  return createBlock.block.id
}

const boundary = 'wordloom-bench'

/** Sends the video as a frontend does, and gives the SHA-256 that was answered. */
async function upload(target: Target, blockId: string, video: Video): Promise<string> {
  const operations = {
    query: `mutation ($file: Upload!, $slot: SlotInput!) { uploadMedia(input: { file: $file, slot: $slot }) {
      __typename ... on UploadMediaSuccess { media { sha256 } } ... on Failure { message } } }`,
    variables: { file: null, slot: { ownerType: 'BLOCK', ownerId: blockId, role: 'VIDEO' } },
  }
  const field = (name: string, value: string) =>
    `--${boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
  const head = Buffer.from(
    field('operations', JSON.stringify(operations)) +
      field('map', '{"0":["variables.file"]}') +
      `--${boundary}\r\ncontent-disposition: form-data; name="0"; filename="clip.mp4"\r\ncontent-type: video/mp4\r\n\r\n`,
  )
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`)
  async function* parts() {
    yield head
    yield* stream(video) as AsyncIterable<Buffer>
    yield tail
  }
  const headers = {
    'content-type': `multipart/form-data; boundary=${boundary}`,
    'content-length': head.length + video.bytes + tail.length,
    'apollo-require-preflight': 'true',
  }
  const answer = (await post(
    `${target.url}/graphql`,
    headers,
    Readable.from(parts(), { objectMode: false }),
  )) as {
    data?: { uploadMedia: { media?: { sha256: string } } }
  }
  const sha256 = answer.data?.uploadMedia.media?.sha256
  if (sha256 === undefined) throw new Error(`The upload failed: ${JSON.stringify(answer)}`)
  return sha256
}

const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN

/** Uploads of large videos through GraphQL, beside a bare Node server with the same sink, and prints the ratio. */
export async function benchUploads({ rounds, megabytes, say, signal }: Options): Promise<void> {
  await withTargets(signal, async ({ targets: [, wordloom], postgresPid, dataDir }) => {
    const child = fork(floorProgram, { cwd: dataDir, execArgv: ['--import', import.meta.resolve('tsx')] })
    const video = await makeVideo(join(dataDir, 'video.mp4'), megabytes)
    try {
      const [{ url }] = (await once(child, 'message', { signal })) as [{ url: string }]
      if (child.pid === undefined) throw new Error('The floor did not start.')
      const floor = { name: 'floor', pid: child.pid, url }
      const blockId = await makeBlock(wordloom)
      const samples: Sample[] = []
      for (let round = 0; round <= rounds; round += 1) {
        for (const { name, pid } of round % 2 === 1 ? [floor, wordloom] : [wordloom, floor]) {
          signal.throwIfAborted()
          await change(video)
          const expected = await sha256Of(video)
          await writeFile(`/proc/${pid}/clear_refs`, '5').catch(() => {})
          const memory = await peakMemory(pid)
          const cpu = () => cpuSeconds(pid) + (name === 'floor' ? 0 : cpuSeconds(postgresPid))
          const [cpuBefore, startedAt] = [cpu(), performance.now()]
          const sha256 =
            name === 'floor'
              ? ((await post(url, { 'content-length': video.bytes }, stream(video))) as { sha256: string })
                  .sha256
              : await upload(wordloom, blockId, video)
          const seconds = (performance.now() - startedAt) / 1000
          if (sha256 !== expected) throw new Error(`${name} stored something else.`)
          if (round === 0) continue // Until all code is compiled.
          samples.push({
            target: name,
            megabytesPerSecond: megabytes / seconds,
            cpuPer100Megabytes: ((cpu() - cpuBefore) / megabytes) * 100,
            memory: (await peakMemory(pid)) - memory,
          })
          say(`round ${round} of ${rounds}, ${name}: ${(megabytes / seconds).toFixed(0)} MB/s`)
        }
      }
      console.log(`\n${rounds} rounds of a video of ${megabytes} MB, medians\n`)
      console.log('| server | MB/s | CPU s per 100 MB | memory grew by, MB |\n|---|--:|--:|--:|')
      const of = (name: string) => samples.filter(({ target }) => target === name)
      for (const name of ['floor', 'wordloom']) {
        const own = of(name)
        const speed = median(own.map((sample) => sample.megabytesPerSecond)).toFixed(0)
        const cpu = median(own.map((sample) => sample.cpuPer100Megabytes)).toFixed(2)
        const memory = Math.max(...own.map((sample) => sample.memory)).toFixed(0)
        console.log(`| ${name} | ${speed} | ${cpu} | at most ${memory} |`)
      }
      const ratios = of('wordloom').map(
        (sample, index) => sample.megabytesPerSecond / (of('floor')[index]?.megabytesPerSecond ?? NaN),
      )
      console.log(
        `\nWordloom / floor: ${median(ratios).toFixed(2)} (${ratios.map((one) => one.toFixed(2)).join(', ')})`,
      )
    } finally {
      child.kill('SIGTERM')
    }
  })
}
