import type pg from 'pg'
import type { Db } from '../src/db/client.ts'
import { searchTags } from '../src/db/tag-search.ts'
import { plainName } from '../src/domain/tag-names.ts'
import { fillNamedTags } from '../test/support/named-tags.ts'
import { nameMaker, usageMaker } from './tag-names.ts'

/** A query of each kind; all but the last find something in any workspace of some thousand tags. */
export const tagQueries: readonly (readonly [kind: string, query: string])[] = [
  ['exact', 'machine learning'],
  ['prefix', 'photo'],
  ['substring', 'grap'],
  ['common, 1 letter', 'a'],
  ['common, 3 letters', 'ing'],
  ['typo', 'desing'],
  ['typo, long word', 'photogrphy'],
  ['typo in one of two words', 'machne learning'],
  ['full pinyin', 'sheji'],
  ['full pinyin, long', 'jiqixuexi'],
  ['initials', 'jqxx'],
  ['one character', '图'],
  ['one common character', '的'],
  ['traditional', '圖書館'],
  ['full width', 'ｄｅｓｉｇｎ'],
  ['mixed', 'py基础'],
  ['alias', 'formerly'],
  ['other characters, same sound', '社稷'],
  ['nothing', 'qwertyuiop'],
]

const batch = 10_000
/** One tag in so many has another name as well. */
const aliasEach = 500

/** Fills a workspace with tags as people name and use them. */
export async function seedTags(
  pool: pg.Pool,
  workspaceId: string,
  count: number,
  seed: number,
  progress: (made: number) => void,
) {
  const [name, usage] = [nameMaker(seed), usageMaker(seed, count)]
  for (let made = 0; made < count; made += batch) {
    const tags = Array.from({ length: Math.min(batch, count - made) }, (_, at) => ({
      name: name(),
      usage: usage(),
      aliases: (made + at) % aliasEach === 0 ? [`Formerly ${name()}`] : [],
    }))
    await fillNamedTags(pool, workspaceId, tags)
    progress(made + tags.length)
  }
}

export interface SearchTimes {
  readonly kind: string
  readonly query: string
  readonly found: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
}

/** How long the whole search takes, one after the other on a warm cache, for each kind of query. */
export async function measureTagSearch(db: Db, workspaceId: string, runs: number): Promise<SearchTimes[]> {
  const times: SearchTimes[] = []
  for (const [kind, query] of tagQueries) {
    // Five runs until statements have their final plans, and a few more for the cache.
    const warmUp = 10
    const taken: number[] = []
    let found = 0
    for (let run = -warmUp; run < runs; run += 1) {
      const start = performance.now()
      found = (await searchTags(db, workspaceId, plainName(query), 20)).length
      if (run >= 0) taken.push(performance.now() - start)
    }
    taken.sort((a, b) => a - b)
    const at = (part: number) => taken[Math.min(taken.length - 1, Math.floor(taken.length * part))] ?? 0
    times.push({ kind, query, found, p50: at(0.5), p99: at(0.99) })
  }
  return times
}
