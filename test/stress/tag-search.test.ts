import { beforeAll, expect, test } from 'vitest'
import { searchTags } from '../../src/db/tags/tag-search.ts'
import { joinedName, plainName } from '../../src/domain/tag-names.ts'
import { buildCtx, removeTemporaryFolders } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { fillNamedTags } from '../support/tags/named-tags.ts'
import { newId } from '../../src/usecases/context.ts'

const database = useDatabase()
removeTemporaryFolders()

/** The same numbers each time, so that a failure can be seen again. */
function numbers(seed: number) {
  let state = seed
  return (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const random = numbers(11)
const parts = [
  'a',
  'A',
  'b',
  'ab',
  'ba',
  'e',
  'é',
  'tag',
  'tga',
  '语',
  '言',
  '語',
  ' ',
  ' ',
  '-',
  '%',
  '_',
  '1',
  'Ａ',
  '😀',
]
const text = (length: number) => Array.from({ length }, () => parts[random(parts.length)] ?? '').join('')

interface Tag {
  readonly id: string
  readonly name: string
  readonly aliases: string[]
  readonly usage: number
  readonly live: boolean
}
const workspaces: { id: string; tags: Tag[] }[] = []

// Names of a few letters, so that everything matches often; equal uses, aliases and trash among them.
beforeAll(async () => {
  const { pool, prisma } = database.db
  for (const size of [500, 200]) {
    const { actor } = await buildCtx(database.db)
    const tags = Array.from({ length: size }, (): Tag => {
      const aliases = random(5) === 0 ? [text(1 + random(6)), text(1 + random(6))] : []
      const usage = random(3) === 0 ? 0 : random(40)
      return { id: newId(), name: `${text(1 + random(7))}a`, aliases, usage, live: random(10) > 0 }
    })
    await fillNamedTags(pool, actor.workspaceId, tags)
    const now = new Date()
    const deletion = {
      workspaceId: actor.workspaceId,
      id: newId(),
      kind: 'TAG' as const,
      itemId: newId(),
      itemCount: 1,
      deletedAt: now,
      deletedBy: 'owner',
      path: [],
      purgeAfter: now,
    }
    await prisma.deletion.create({ data: deletion })
    const gone = tags.filter(({ live }) => !live).map(({ id }) => id)
    await prisma.tag.updateMany({ where: { id: { in: gone } }, data: { deletionId: deletion.id } })
    workspaces.push({ id: actor.workspaceId, tags })
  }
})

const kindOf = (character: string | undefined) =>
  character === undefined
    ? 'none'
    : /[a-z0-9]/.test(character)
      ? 'letter'
      : /[语言]/.test(character)
        ? 'han'
        : 'none'

/** Where a part stands at the beginning of a word, found character by character. */
function beginsWord(name: string, part: string): boolean {
  if (kindOf(part[0]) === 'none') return name.includes(part)
  for (let at = name.indexOf(part); at >= 0; at = name.indexOf(part, at + 1)) {
    if (kindOf(name[at - 1]) !== kindOf(name[at])) return true
  }
  return false
}

const formsOf = (plain: string) => [plain, joinedName(plain) ?? plain]

function stageOf(name: string, query: string): number | undefined {
  const [plain, sought] = [plainName(name), plainName(query)]
  if (plain === sought) {
    const [as, like] = [name.trim(), query.trim()]
    return as === like ? 0 : as.toLowerCase() === like.toLowerCase() ? 1 : 2
  }
  const two = /^([a-z0-9语言]+) ([a-z0-9语言]+)$/.exec(sought)
  const all = [...formsOf(sought), ...(two ? [`${two[1]}${two[2]}`] : [])]
  const pairs = formsOf(plain).flatMap((form) => all.map((like) => ({ form, like, words: like.split(' ') })))
  if (pairs.some(({ form, like }) => form === like)) return 3
  if (pairs.some(({ form, like }) => form.startsWith(like))) return 4
  if (pairs.some(({ form, words }) => words.every((word) => beginsWord(form, word)))) return 5
  return pairs.some(({ form, words }) => words.every((word) => form.includes(word))) ? 6 : undefined
}

const reasons = ['EXACT', 'EXACT', 'EXACT', 'EXACT', 'PREFIX', 'WORD', 'SUBSTRING']

/** What must be found, by looking at every tag. */
function expected(tags: readonly Tag[], query: string, first: number) {
  const matches = tags.flatMap((tag) => {
    if (!tag.live) return []
    const found = [tag.name, ...tag.aliases].flatMap((name) => stageOf(name, query) ?? [])
    return found.length > 0 ? [{ ...tag, stage: Math.min(...found) }] : []
  })
  return matches
    .sort((a, b) => a.stage - b.stage || b.usage - a.usage || (a.id < b.id ? 1 : -1))
    .slice(0, first)
    .map(({ id, stage }) => `${reasons[stage]} ${id}`)
}

test.each([
  ['few enough to be fetched', { few: 400, first: 3_000, most: 25_000, rare: 4, fetched: 4_000 }],
  ['some few enough to be fetched', { few: 3, first: 20, most: 60, rare: 3, fetched: 50 }],
  ['all within reach of the most used', { few: 0, first: 3_000, most: 25_000, rare: 4, fetched: 4_000 }],
  ['few among the most used', { few: 0, first: 20, most: 60, rare: 3, fetched: 50 }],
  ['hardly any among the most used', { few: 0, first: 2, most: 30, rare: 1, fetched: 5 }],
  ['none among the most used', { few: 0, first: 0, most: 0, rare: 1, fetched: 4_000 }],
  ['all of them gone through', { few: 0, first: 0, most: 0, rare: 1, fetched: 0 }],
])('finds what looking at every tag finds, in the same order: %s', async (_case, depth) => {
  let compared = 0
  for (let round = 0; round < 300; round += 1) {
    const query = text(1 + random(4))
    if (plainName(query) === '') continue
    const first = [1, 5, 20, 100][random(4)] ?? 20
    for (const { id, tags } of workspaces) {
      const found = await searchTags(database.db, id, query, first, depth)
      const texts = found.filter(({ reason }) => reasons.includes(reason))
      expect(
        texts.map((tag) => `${tag.reason} ${tag.id}`),
        `${query} (${first})`,
      ).toEqual(expected(tags, query, first))
      compared += texts.length
    }
  }
  expect(compared).toBeGreaterThan(2_000)
})

test('an empty query gives the live tags, the most used first', async () => {
  const { id, tags } = workspaces[0] ?? { id: newId(), tags: [] }
  const found = await searchTags(database.db, id, '', 50)
  const used = tags.filter(({ live }) => live).sort((a, b) => b.usage - a.usage || (a.id < b.id ? 1 : -1))
  expect(found.map((tag) => tag.id)).toEqual(used.slice(0, 50).map((tag) => tag.id))
})

test('names that are too long for the index of the most used are found all the same', async () => {
  const { actor } = await buildCtx(database.db)
  const aliases = Array.from({ length: 60 }, (_, at) => `${'很长的名字'.repeat(4)} ${at}`)
  const [id] = await fillNamedTags(database.db.pool, actor.workspaceId, [
    { name: 'Long', aliases, usage: 1 },
    { name: 'Short', usage: 2 },
  ])
  for (const query of ['long', '的名字 59', 'hcdmz', 'lomg'])
    expect(await searchTags(database.db, actor.workspaceId, query, 5), query).toMatchObject([{ id }])
})
