import traditionalOf from 'opencc-js/dict/STCharacters'
import { pinyin } from 'pinyin-pro'
import type { Db } from '../src/db/client.ts'
import { transact } from '../src/db/client.ts'
import { rowsById } from '../src/db/lookup.ts'
import { conditionsOf } from '../src/db/conditions.ts'
import { childPages } from '../src/db/child-lists.ts'
import { chosenOrder, atTopLevel } from '../src/db/orders.ts'
import { listPage } from '../src/db/page.ts'
import { tagConditions, type TagFilter } from '../src/db/tags/tag-filter.ts'
import { indexTags } from '../src/db/tags/tag-index.ts'
import { searchTags } from '../src/db/tags/tag-search.ts'
import { mostUsedTags, subtreeUsages, tagsWithChildren } from '../src/db/tags/tags.ts'
import { sql } from '../src/db/sql.ts'
import { randomNumbers } from '../test/support/random.ts'
import { otherWorkspaces, seedTags, type SeededTags, tagIdOf, workspaceOf } from './tag-seed.ts'
import { type Question, timingsOf, timingTable, type TimingOptions, withDatabase } from './timing.ts'

const workspaceId = workspaceOf(0)
/** So many different queries of each kind are asked in turn. */
const queriesOfKind = 50

const page = (limit: number) => ({ limit, backward: false, after: null, before: null })

/** A search as a field asks for it: what matches, and the rows of the tags. */
const search = (name: string, queries: readonly string[]): Question => ({
  name,
  ask: async (db, round) => {
    const found = await searchTags(db, workspaceId, queries[round % queries.length] ?? '', 20)
    await rowsById(db, 'tags', workspaceId, found.map(({ id }) => id)) // prettier-ignore
    return found.length
  },
})

const traditional = new Map(
  traditionalOf.split('|').map((pair) => {
    const [simplified = '', others = ''] = pair.split(' ')
    return [simplified, Array.from(others)[0] ?? simplified]
  }),
)
const toTraditional = (text: string) =>
  Array.from(text, (character) => traditional.get(character) ?? character).join('')
const fullWidth = (text: string) =>
  text.replace(/[!-~]/g, (character) => String.fromCharCode(character.charCodeAt(0) + 0xfee0))

/** A letter left out, doubled, exchanged or swapped with its neighbour. */
function mistyped(word: string, random: () => number): string {
  const at = 1 + Math.floor(random() * (word.length - 2))
  const ways = [
    word.slice(0, at) + word.slice(at + 1),
    word.slice(0, at) + word.charAt(at) + word.slice(at),
    `${word.slice(0, at)}${word.charAt(at) === 'x' ? 'k' : 'x'}${word.slice(at + 1)}`,
    word.slice(0, at) + word.charAt(at + 1) + word.charAt(at) + word.slice(at + 2),
  ]
  return ways[Math.floor(random() * ways.length)] ?? word
}

/** Queries of every kind, made from names that are there. */
function searches({ names }: SeededTags): Question[] {
  const random = randomNumbers(7)
  const some = (all: readonly string[], make: (name: string) => string = (name) => name) =>
    Array.from({ length: queriesOfKind }, () => make(all[Math.floor(random() * all.length)] ?? ''))
  const english = names.filter((name) => /^[A-Za-z]{7,}$/.test(name))
  const compounds = names.filter((name) => /^[A-Za-z]{5,} [a-z]{5,}$/.test(name))
  const chinese = names.filter((name) => /^\p{Script=Han}{4}$/u.test(name))
  const sound = (name: string) => pinyin(name, { toneType: 'none', separator: '', v: true })
  const initials = (name: string) => pinyin(name, { pattern: 'first', toneType: 'none', separator: '' })
  return [
    search('entire name', some(names)),
    search(
      'beginning',
      some(english, (name) => name.slice(0, 4)),
    ),
    search(
      'second word',
      some(compounds, (name) => name.split(' ')[1] ?? ''),
    ),
    search(
      'part of a word',
      some(english, (name) => name.slice(2, 6)),
    ),
    search(
      'typo',
      some(english, (name) => mistyped(name.toLowerCase(), random)),
    ),
    search(
      'typo in one of two words',
      some(compounds, (name) => mistyped(name.toLowerCase(), random)),
    ),
    search(
      'two words as one',
      some(
        compounds.filter(({ length }) => length <= 20),
        (name) => name.replace(' ', ''),
      ),
    ),
    search('full pinyin', some(chinese, sound)),
    search(
      'unfinished pinyin',
      some(chinese, (name) => sound(name).slice(0, -1)),
    ),
    search('initials', some(chinese, initials)),
    search(
      'pinyin and Chinese',
      some(chinese, (name) => initials(name.slice(0, 2)) + name.slice(2)),
    ),
    search(
      'one Chinese character',
      some(chinese, (name) => name.slice(0, 1)),
    ),
    search(
      'two Chinese characters',
      some(chinese, (name) => name.slice(0, 2)),
    ),
    search('traditional', some(chinese, toTraditional)),
    search('full width', some(english, fullWidth)),
    search('alias', ['Alias one', 'alias t', 'another name']),
    search('one letter', Array.from('aeiourstnlqxz')),
    search('three common letters', ['des', 'ing', 'mus', 'tag', 'pro', 'lan']),
    search('very common character', ['的', '学', '机']),
    search('nothing like it', ['qzxqzx', 'wvvkjq', '龘龘']),
  ]
}

/** A page of the blocks that a filter leaves, newest first. */
const filter = (name: string, where: TagFilter): Question => ({
  name,
  ask: async (db) => {
    const conditions = await tagConditions(db, workspaceId, 'blocks', where)
    const order = chosenOrder('blocks', 'CREATED_AT', 'DESC')
    return (await listPage(db, 'blocks', workspaceId, conditions, order, page(20))).rows.length
  },
})

function lists(tags: number): Question[] {
  const [common, often, rare] = [tagIdOf(0), tagIdOf(20), tagIdOf(tags - 1)]
  const top = tagIdOf(Math.ceil(tags / 100) - 1)
  return [
    { name: 'menu', ask: async (db) => (await mostUsedTags(db, workspaceId, 30)).length },
    {
      name: 'tree: 100 top tags with children',
      ask: async (db) => {
        const isTop = conditionsOf('tags', { topLevel: true })
        const top = await listPage(
          db,
          'tags',
          workspaceId,
          isTop,
          atTopLevel(chosenOrder('tags', 'NAME', 'ASC')),
          page(100),
        )
        const ids = top.rows.map(({ id }) => id)
        await tagsWithChildren(db, workspaceId, ids)
        const fields = ['name', 'color']
        const children = await childPages(
          db,
          { table: 'tags', workspaceId, parentIds: ids, conditions: [] },
          chosenOrder('tags', 'NAME', 'ASC'),
          page(5),
          fields,
        )
        return ids.length + [...children.values()].reduce((sum, { rows }) => sum + rows.length, 0)
      },
    },
    {
      name: 'usage of 100 subtrees',
      ask: async (db) => {
        const top = Array.from({ length: Math.min(100, Math.ceil(tags / 100)) }, (_, place) => tagIdOf(place))
        return (await subtreeUsages(db, workspaceId, top)).size
      },
    },
    filter('blocks with a very common tag', { any: [common] }),
    filter('blocks with a rare tag', { any: [rare] }),
    filter('blocks with any of three', { any: [common, often, rare] }),
    filter('blocks with all of two', { all: [common, often] }),
    filter('blocks without a tag', { none: [common, often] }),
    filter('blocks with a subtree', { any: [top], includeDescendants: true }),
    filter('blocks with all of two subtrees', { all: [common, top], includeDescendants: true }),
    filter('blocks without a subtree', { none: [common], includeDescendants: true }),
  ]
}

async function addAlias(db: Db, names: readonly string[]) {
  const aliases = ['Alias one', 'Another name']
  await transact(db, async (tx) => {
    for (const name of aliases) {
      await tx.execute(sql`insert into tag_aliases (workspace_id, id, tag_id, name, created_at)
        values (${workspaceId}::uuid, gen_random_uuid(), ${tagIdOf(3)}::uuid, ${name}, now())`)
    }
    await indexTags(tx, workspaceId, [{ id: tagIdOf(3), names: [names[3] ?? '', ...aliases] }])
  })
}

/** Measures the search, the lists and the filters of tags with so many tags in one workspace, and prints a table. */
export async function benchTags(sizes: readonly number[], options: TimingOptions): Promise<void> {
  const { say, signal } = options
  const columns: Parameters<typeof timingTable>[0][number][] = []
  for (const tags of sizes) {
    await withDatabase(async (db) => {
      say(`${tags} tags, and ${otherWorkspaces} other workspaces: filling the database`)
      const seeded = await seedTags(db, tags, (line) => say(`${tags} tags: ${line}`), signal)
      await addAlias(db, seeded.names)
      const timings = await timingsOf(db, [...searches(seeded), ...lists(tags)], options)
      columns.push({ title: `${tags.toLocaleString('en')} tags`, timings })
    })
  }
  console.log(timingTable(columns))
}
