import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { availableParallelism, cpus, totalmem } from 'node:os'
import { parseArgs } from 'node:util'
import { benchAttacks } from './attacks.ts'
import { assertSameAnswers, cellsOf } from './cells.ts'
import { measureAll } from './measure.ts'
import { report } from './report.ts'
import { benchLibrarySearch } from './library-search.ts'
import { removeNewBlocks, seed } from './seed.ts'
import { benchSignIn } from './sign-in.ts'
import { benchTags } from './tags.ts'
import { benchThumbnails } from './thumbnails.ts'
import { benchTrash } from './trash.ts'
import { benchUploads } from './uploads.ts'
import { withTargets } from './targets.ts'

const help = `npm run bench -- [options]            the server beside a floor, as below
npm run bench -- tags [options]       search, lists and filters of tags, with 5,000, 100,000 and 1,000,000 of them
npm run bench -- search [options]     search of the library, with 1,000,000 blocks
npm run bench -- trash [options]      trashing and restoring a large shelf, pages of a large trash, a purge beside readers
npm run bench -- uploads [options]    uploads of a video of 500 MB beside a bare Node server
npm run bench -- thumbnails [options] thumbnails of photographs beside bare sharp
npm run bench -- attacks [options]    requests that try to occupy the server, and a client beside them
npm run bench -- sign-in [options]    the server without sign-in, by the session of a person, and by an API token

Measures the built server (dist/, made by \`npm run build\`) beside a floor: the same two operations by hand-written
node:http and pg, without GraphQL. Both run on one fresh PostgreSQL in a temporary folder.

  nested query   20 bookshelves, 20 books of each with their covers, 20 blocks of each book
  createBlock    a block at the end of a book, in one transaction; every connection writes to books of its own

First it checks that both give the same answers. Then each round loads one after the other, in an order that changes
from round to round. The tables show medians over the rounds; a ratio is the median of the ratios within a round.
CPU is that of the server's processes and PostgreSQL's, from /proc (Linux; elsewhere n/a). It is the figure to trust on a
machine that does other things as well, or has few processors: the load generator uses them too.

  --seconds N      about how long each server is loaded in each round (default 5)
  --rounds N       (default 5)
  --connections N  how many requests are under way at once (default 16)
  --scale N        N times the rows: as many shelves with N times the books (default 1)
  --json FILE      also writes every sample to FILE

tags, search and the pages of trash ask the database as the server does, one question after the other on a fresh PostgreSQL, beside ten
other workspaces. They print the time of each kind of question; a time includes the rows of the page.

  --sizes N,N      how many tags, blocks, or trashed rows
  --rounds N       how often each question is asked (default 200)
  --plans          also prints the plans of the statements

uploads sends a video through GraphQL, as a frontend does, and to a node:http server that streams the body to the disk,
hashes and syncs it, one after the other, each time with other bytes. It takes rounds x 2 x the size of disk.

  --megabytes N    the size of the video (default 500)
  --rounds N       (default 5)

thumbnails makes all recipes of photographs of 12 megapixels, as the job does, with storage and rows, and by sharp alone with the same
settings, each from the original into a file. It works on as many pictures at once as keep all processors busy. A ratio above 1 is in
favour of Wordloom, for the CPU too (without PostgreSQL's). AVIF takes most of the time.

  --pictures N     how many photographs (default 24)
  --rounds N       (default 5)
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string' },
    connections: { type: 'string', default: '16' },
    scale: { type: 'string', default: '1' },
    sizes: { type: 'string' },
    megabytes: { type: 'string', default: '500' },
    pictures: { type: 'string', default: '24' },
    plans: { type: 'boolean', default: false },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

function whole(
  name: 'seconds' | 'rounds' | 'connections' | 'scale' | 'megabytes' | 'pictures',
  otherwise?: number,
): number {
  const value = Number(values[name] ?? otherwise)
  if (!Number.isInteger(value) || value < 1 || value > 1_000) {
    throw new Error(`--${name} takes a whole number from 1 to 1000.`)
  }
  return value
}

const say = (line: string) => process.stderr.write(`${line}\n`)

async function main(signal: AbortSignal) {
  const [seconds, rounds, connections] = [whole('seconds'), whole('rounds', 5), whole('connections')]
  const scale = whole('scale')
  if (!existsSync(new URL('../dist/server.js', import.meta.url))) {
    throw new Error('There is no built server: run `npm run build` first.')
  }
  say('Starting PostgreSQL, the server and the floor')
  await withTargets(signal, async (bench) => {
    const bookIds = await seed(bench.db, scale)
    const cells = cellsOf(bookIds)
    for (const cell of cells) {
      const size = await assertSameAnswers(bench.targets, cell)
      say(`${cell.name}: both give the same answer, ${size} characters`)
      if (cell.writes) await removeNewBlocks(bench.db)
    }
    const samples = await measureAll(bench, cells, { seconds, rounds, connections, say, signal })
    const machine = {
      date: new Date().toISOString(),
      processors: `${availableParallelism()} x ${cpus()[0]?.model ?? 'unknown'}`,
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      node: process.version,
    }
    const settings = { seconds, rounds, connections, scale }
    const { date, processors, memoryGiB, node } = machine
    console.log(`\n${date}, ${processors}, ${memoryGiB} GiB, Node ${node}`)
    console.log(`${connections} connections, ${rounds} rounds of ${seconds} s, scale ${scale}\n`)
    console.log(report(samples, 'floor', ['wordloom']))
    if (values.json !== undefined) {
      await writeFile(values.json, `${JSON.stringify({ machine, settings, samples }, null, 2)}\n`)
    }
  })
}

function sizes(otherwise: readonly number[]): readonly number[] {
  const given = values.sizes?.split(',').map(Number) ?? otherwise
  if (given.some((size) => !Number.isInteger(size) || size < 1_000 || size > 10_000_000))
    throw new Error('--sizes takes whole numbers from 1,000 to 10,000,000 (without commas in them).')
  return given
}

/** What the first argument names. */
async function chosen(signal: AbortSignal): Promise<void> {
  const [subject, ...others] = positionals
  if (subject === undefined) return main(signal)
  const options = { rounds: whole('rounds', 200), plans: values.plans, say, signal }
  if (subject === 'tags' && others.length === 0) return benchTags(sizes([5_000, 100_000, 1_000_000]), options)
  if (subject === 'search' && others.length === 0) return benchLibrarySearch(sizes([1_000_000]), options)
  if (subject === 'trash' && others.length === 0) return benchTrash(sizes([10_000, 1_000_000]), options)
  if (subject === 'uploads' && others.length === 0) {
    return benchUploads({ rounds: whole('rounds', 5), megabytes: whole('megabytes'), say, signal })
  }
  if (subject === 'attacks' && others.length === 0) {
    return benchAttacks({ rounds: whole('rounds', 10), seconds: whole('seconds'), say, signal })
  }
  if (subject === 'thumbnails' && others.length === 0) {
    return benchThumbnails({ rounds: whole('rounds', 5), pictures: whole('pictures'), say, signal })
  }
  if (subject === 'sign-in' && others.length === 0) {
    const [seconds, connections] = [whole('seconds'), whole('connections')]
    return benchSignIn({ seconds, rounds: whole('rounds', 5), connections, say, signal })
  }
  throw new Error(`There is no benchmark “${positionals.join(' ')}”.\n\n${help}`)
}

if (values.help) {
  console.log(help)
} else {
  const interrupted = new AbortController()
  const stop = () => {
    if (!interrupted.signal.aborted) say('\nStopping')
    interrupted.abort()
  }
  // A terminal that was closed must not end this before it has ended what it started.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  process.on('SIGHUP', stop)
  chosen(interrupted.signal).catch((error: unknown) => {
    if (!interrupted.signal.aborted) console.error(error instanceof Error ? error.message : error)
    process.exitCode = interrupted.signal.aborted ? 130 : 1
  })
}
