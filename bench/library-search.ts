import { pinyin } from 'pinyin-pro'
import { type Db, transact } from '../src/db/client.ts'
import { indexDocuments, type Searchable } from '../src/db/search/documents.ts'
import { rowsById } from '../src/db/lookup.ts'
import { searchPage } from '../src/db/search/search-page.ts'
import type { SearchScope } from '../src/db/search/walks.ts'
import { tagConditions } from '../src/db/tags/tag-filter.ts'
import { Failure } from '../src/domain/failure.ts'
import { parseQuery, type SearchableType } from '../src/domain/library-search.ts'
import { excerptOf } from '../src/domain/search-excerpt.ts'
import { writer } from './library-text.ts'
import { type Question, timingsOf, timingTable, type TimingOptions, withDatabase } from './timing.ts'
import { sortKeyOf } from '../test/support/sort-keys.ts'

const otherWorkspaces = 10
const booksOf = (blocks: number) => Math.ceil(blocks / 500)
const taggedBlocks = 1_000

const workspaceOf = (workspace: number) =>
  `01900000-0000-7000-8000-${(1000 + workspace).toString(16).padStart(12, '0')}`
const idOf = (kind: number, workspace: number, place: number) =>
  `${place.toString(16).padStart(8, '0')}-000${kind}-7000-8000-${workspace.toString(16).padStart(12, '0')}`

const insertTexts = {
  BOOK: `insert into books (workspace_id, bookshelf_id, id, title, sort_key, summary, position, created_at, updated_at, created_by, updated_by)
    select $1, $2, id, title, ${sortKeyOf('title')}, body, 'a' || id, now(), now(), 'owner', 'owner'
    from unnest($3::uuid[], $4::text[], $5::text[], $6::uuid[]) as book (id, title, body, parent)`,
  BLOCK: `insert into blocks (workspace_id, book_id, id, content, position, written_at, written_by, created_at, updated_at, created_by, updated_by)
    select $1, parent, id, body, 'a' || id, now(), 'owner', now(), now(), 'owner', 'owner'
    from unnest($3::uuid[], $4::text[], $5::text[], $6::uuid[]) as block (id, title, body, parent)
    where $2::uuid is not null`,
}

async function seedWorkspace(db: Db, workspace: number, blocks: number, { say, signal }: TimingOptions) {
  const text = writer(workspace)
  const workspaceId = workspaceOf(workspace)
  const shelfId = idOf(1, workspace, 0)
  const titles: string[] = []
  await db.pool.query(
    `insert into workspaces (id, name, sort_key, created_at, updated_at, created_by, updated_by) values ($1, 'Workspace', '', now(), now(), 'owner', 'owner')`,
    [workspaceId],
  )
  await db.pool.query(
    `insert into bookshelves (workspace_id, id, name, sort_key, position, created_at, updated_at, created_by, updated_by)
     values ($1, $2, 'Shelf', '', 'a', now(), now(), 'owner', 'owner')`,
    [workspaceId, shelfId],
  )
  for (const type of ['BOOK', 'BLOCK'] as const) {
    const total = type === 'BOOK' ? booksOf(blocks) : blocks
    for (let at = 0; at < total; at += 1_000) {
      signal.throwIfAborted()
      const items = Array.from({ length: Math.min(1_000, total - at) }, (_, index): Searchable => ({
        type,
        id: idOf(type === 'BOOK' ? 2 : 3, workspace, at + index),
        title: type === 'BOOK' ? text.title() : '',
        body: text.paragraph(),
      }))
      if (type === 'BOOK') titles.push(...items.map(({ title }) => title))
      await db.pool.query(insertTexts[type], [
        workspaceId,
        shelfId,
        items.map(({ id }) => id),
        items.map(({ title }) => title),
        items.map(({ body }) => body),
        items.map((_, index) => idOf(2, workspace, Math.floor((at + index) / 500))),
      ])
      await transact(db, (tx) => indexDocuments(tx, workspaceId, items))
      if (at > 0 && at % 50_000 === 0) say(`library search: ${at} of ${total} blocks`)
    }
  }
  return { words: text.words, titles }
}

/** The library of the first workspace is the large one. The index of the terms is made at the end, which is faster. */
async function seed(db: Db, blocks: number, options: TimingOptions) {
  const { say } = options
  const index = `select indexdef from pg_indexes where indexname = 'search_documents_terms_idx'`
  const { rows } = await db.pool.query<{ indexdef: string }>(index)
  await db.pool.query('drop index search_documents_terms_idx')
  const { words, titles } = await seedWorkspace(db, 0, blocks, options)
  for (let other = 1; other <= otherWorkspaces; other += 1) {
    await seedWorkspace(db, other, Math.ceil(blocks / 100), options)
  }
  const tagId = idOf(4, 0, 0)
  await db.pool.query(
    `insert into tags (workspace_id, id, ancestor_ids, name, name_key, sort_key, color, block_count, usage_count, created_at, updated_at, created_by, updated_by)
     values ($1, $2, '{}', 'Tag', 'tag', '', '#000000', $3, $3, now(), now(), 'owner', 'owner')`,
    [workspaceOf(0), tagId, taggedBlocks],
  )
  await db.pool.query(
    `insert into tag_associations (workspace_id, tag_id, entity_type, entity_id, created_at)
     select workspace_id, $2, 'BLOCK', id, now() from blocks where workspace_id = $1 order by md5(id::text) limit $3`,
    [workspaceOf(0), tagId, taggedBlocks],
  )
  say('library search: making the index')
  const client = await db.pool.connect()
  try {
    await client.query("set maintenance_work_mem = '1GB'")
    await client.query(rows[0]?.indexdef ?? '')
    await client.query('vacuum analyze')
  } finally {
    client.release(true)
  }
  return { words, titles, tagId }
}

type Words = ReturnType<typeof writer>['words']

interface Kind {
  readonly name: string
  readonly query: string
  readonly types?: readonly SearchableType[]
  readonly tagged?: boolean
}

/** A word with its second and third letters swapped. */
const mistyped = (word: string) => word.slice(0, 1) + word.charAt(2) + word.charAt(1) + word.slice(3)
const sound = (name: string) => pinyin(name, { toneType: 'none', separator: '', v: true })
const initials = (name: string) => pinyin(name, { pattern: 'first', toneType: 'none', separator: '' })

function kindsOf({ english, chinese }: Words, titles: readonly string[]): Kind[] {
  // Titles nearly match, so their words are asked for.
  const longWords = titles.map((title) => title.match(/[a-z]{5,}/g) ?? [])
  const first = longWords.find((words) => words.length > 1) ?? []
  const inChinese = titles.find((title) => /^\p{Script=Han}{4,}$/u.test(title))?.slice(0, 4) ?? ''
  const [word, characters] = [(at: number) => english[at] ?? '', (at: number) => chinese[at] ?? '']
  return [
    { name: 'very common word', query: word(0) },
    { name: 'common word', query: word(40) },
    { name: 'word', query: word(1_000) },
    { name: 'rare word', query: word(50_000) },
    { name: 'no such word', query: 'qzxqzx' },
    { name: 'beginning of a word', query: word(3_000).slice(0, 3) },
    { name: 'two common words', query: `${word(0)} ${word(1)}` },
    { name: 'two words', query: `${word(300)} ${word(500)}` },
    { name: 'phrase', query: `"${word(300)} ${word(500)}"` },
    { name: 'phrase of common words', query: `"${word(3)} ${word(5)}"` },
    { name: 'very common character', query: '的' },
    { name: 'character', query: characters(45_000).slice(0, 1) },
    { name: 'Chinese word', query: characters(500) },
    { name: 'rare Chinese word', query: characters(45_000) },
    { name: 'English and Chinese', query: `${word(30)} ${characters(200)}` },
    { name: 'typo', query: mistyped(first.at(-1) ?? '') },
    { name: 'typo in two words', query: `${mistyped(first.at(-1) ?? '')} ${mistyped(first.at(-2) ?? '')}` },
    { name: 'full pinyin', query: sound(inChinese) },
    { name: 'initials', query: initials(inChinese) },
    { name: 'two words or one', query: 'e-mail' },
    { name: 'common word, books', query: word(0), types: ['BOOK'] },
    { name: 'common word, 1,000 tagged', query: word(0), tagged: true },
  ]
}

/** What a search does for a page of twenty: what is found, the rows and the excerpts. */
async function searchOnce(db: Db, kind: Kind, tagId: string): Promise<number> {
  const workspaceId = workspaceOf(0)
  const query = parseQuery(kind.query)
  if (query instanceof Failure) throw new Error(query.message)
  const types = kind.types ?? ['BOOKSHELF', 'BOOK', 'BLOCK', 'TAG']
  const scope: SearchScope = kind.tagged
    ? new Map([['BLOCK', await tagConditions(db, workspaceId, 'blocks', { any: [tagId] })]])
    : new Map(types.map((type) => [type, []]))
  const page = { limit: 20, backward: false, after: null, before: null }
  const { rows } = await searchPage(db, workspaceId, query, scope, page)
  const idsOf = (type: SearchableType) => rows.filter((row) => row.type === type).map(({ id }) => id)
  const blocks = await rowsById(db, 'blocks', workspaceId, idsOf('BLOCK'))
  const books = await rowsById(db, 'books', workspaceId, idsOf('BOOK'))
  for (const { content } of blocks) excerptOf(content, query.patterns)
  for (const { title } of books) excerptOf(title, query.patterns)
  return rows.length
}

/** Measures the library search with so many blocks in one workspace, and prints a table of its times. */
export async function benchLibrarySearch(sizes: readonly number[], options: TimingOptions): Promise<void> {
  const columns: Parameters<typeof timingTable>[0][number][] = []
  for (const blocks of sizes) {
    await withDatabase(async (db) => {
      options.say(`${blocks} blocks, and ${otherWorkspaces} other workspaces: filling the database`)
      const { words, titles, tagId } = await seed(db, blocks, options)
      const questions = kindsOf(words, titles).map(({ name, ...kind }): Question => ({
        name,
        ask: (asked) => searchOnce(asked, { name, ...kind }, tagId),
      }))
      columns.push({
        title: `${blocks.toLocaleString('en')} blocks`,
        timings: await timingsOf(db, questions, options),
      })
      const { rows } = await db.pool.query<{ heap: string; terms: string }>(
        `select pg_size_pretty(pg_table_size('search_documents')) as heap,
           pg_size_pretty(pg_relation_size('search_documents_terms_idx')) as terms`,
      )
      options.say(
        `the documents take ${rows[0]?.heap ?? '?'}, the index of their terms ${rows[0]?.terms ?? '?'}`,
      )
    })
  }
  console.log(timingTable(columns))
}
