import { type DemoClient, DemoFailed, expect, say } from './demo-client.ts'

const documents = {
  create: `mutation ($input: CreateTagInput!) { createTag(input: $input) { __typename ... on Failure { message }
    ... on NameTaken { existing { id } } ... on CreateTagSuccess { tag { id } } } }`,
  attach: `mutation ($input: AttachTagsInput!) { attachTags(input: $input) { __typename ... on Failure { message }
    ... on AttachTagsSuccess { attachedCount tags { name usageCount } } } }`,
  page: `query ($shelf: ID!, $book: ID!) {
    bookshelf(id: $shelf) { tags { id } }
    book(id: $book) { tags { id } tagsWithOrigin { origin tag { id name } } }
  }`,
  tree: `query ($id: ID!) { tag(id: $id) { name hasChildren subtreeUsage { total } children { nodes { name children { nodes {
    name level ancestors { name } } } } } } }`,
  filter: `query ($tagIds: [ID!]!) { books(first: 100, where: { tags: { any: $tagIds, includeDescendants: true } },
    orderBy: { field: CREATED_AT, direction: DESC }) { nodes { id } } }`,
  search: `query ($query: String!) { searchTags(query: $query) { reason matchedName tag { id name } } }`,
  everything: `query ($query: String!) { search(query: $query, first: 5) { nodes {
    item { __typename ... on Node { id } } excerpt { text highlighted } } } }`,
}

/** A tag with the tags below it. */
interface Branch {
  readonly name: string
  readonly color?: string
  readonly icon?: string
  readonly below?: readonly Branch[]
}

const tree: readonly Branch[] = [
  {
    name: 'Languages 语言',
    icon: 'languages',
    color: '#2563eb',
    below: [{ name: 'Chinese 中文', below: [{ name: '拼音' }, { name: '汉字' }] }, { name: 'English 英语' }],
  },
  {
    name: 'Science 科学',
    icon: 'flask-conical',
    color: '#16a34a',
    below: [{ name: 'Astronomy 天文', icon: 'telescope', below: [{ name: 'Rockets 火箭' }] }],
  },
]

/** Creates the branch, or reuses that of an earlier demo, and records the ID of each tag by its name. */
async function plant(client: DemoClient, branch: Branch, parentId: string | null, ids: Map<string, string>) {
  const { below = [], ...fields } = branch
  const { createTag } = await client.query<{
    createTag: { message?: string; existing?: { id: string }; tag?: { id: string } }
  }>(documents.create, { input: { ...fields, parentId } })
  const id = createTag.tag?.id ?? createTag.existing?.id
  if (id === undefined) throw new DemoFailed(`createTag: ${createTag.message ?? 'no answer'}`)
  ids.set(branch.name, id)
  for (const child of below) await plant(client, child, id, ids)
}

interface Found {
  readonly reason: string
  readonly tag: { readonly id: string; readonly name: string }
}

/** Creates a tag tree, tags a bookshelf, a book and a block, and finds the tags and the block again. */
export async function showTags(client: DemoClient, to: { bookshelf: string; book: string; block: string }) {
  const ids = new Map<string, string>()
  for (const branch of tree) await plant(client, branch, null, ids)
  const idOf = (name: string) => ids.get(name) ?? ''
  const { tag } = await client.query<{
    tag: { name: string; children: { nodes: { name: string; children: { nodes: { level: number }[] } }[] } }
  }>(documents.tree, { id: idOf('Languages 语言') })
  const leaves = tag.children.nodes.flatMap(({ children }) => children.nodes)
  expect(leaves.length > 0 && leaves.every(({ level }) => level === 2), 'the tree has three levels')
  say(`${tree.map(({ name }) => name).join(', ')}: ${ids.size} tags on three levels`)

  await attach(client, to, idOf)
  const found = await client.query<{ books: { nodes: { id: string }[] } }>(documents.filter, {
    tagIds: [idOf('Science 科学')],
  })
  expect(
    found.books.nodes.some(({ id }) => id === to.book),
    'the book is found by a tag above its own',
  )

  for (const [query, name] of [
    ['pinyin', '拼音'],
    ['py', '拼音'],
    ['拼', '拼音'],
    ['astronmy', 'Astronomy 天文'],
    ['天文', 'Astronomy 天文'],
  ] as const) {
    const { searchTags } = await client.query<{ searchTags: Found[] }>(documents.search, { query })
    const match = searchTags.find((one) => one.tag.id === idOf(name))
    expect(match !== undefined, `“${query}” finds the tag ${name}`)
    say(`“${query}” finds ${name} (${match?.reason ?? ''})`)
  }
  await findBlock(client, to.block)
}

async function attach(
  client: DemoClient,
  to: { bookshelf: string; book: string; block: string },
  idOf: (name: string) => string,
) {
  const plan = [
    ['Languages 语言', to.bookshelf],
    ['Rockets 火箭', to.book],
    ['拼音', to.block],
  ] as const
  for (const [name, entityId] of plan) {
    const input = { tagIds: [idOf(name)], entityIds: [entityId] }
    const once = await client.mutate<{ attachedCount: number; tags: { usageCount: number }[] }>(
      documents.attach,
      input,
    )
    const again = await client.mutate<typeof once>(documents.attach, input)
    expect(once.attachedCount === 1 && again.attachedCount === 0, 'a tag is attached once')
    expect(once.tags[0]?.usageCount === again.tags[0]?.usageCount, 'and counted once')
  }
  const { bookshelf, book } = await client.query<{
    bookshelf: { tags: { id: string }[] }
    book: { tags: { id: string }[]; tagsWithOrigin: { origin: string; tag: { id: string; name: string } }[] }
  }>(documents.page, { shelf: to.bookshelf, book: to.book })
  expect(bookshelf.tags.length === 1 && book.tags.length === 1, 'the book has its own tag only')
  const origins = book.tagsWithOrigin.map(({ origin, tag }) => `${tag.name} (${origin.toLowerCase()})`)
  expect(origins.length === 2, 'the page of the book shows both its own tag and that of its bookshelf')
  say(`the page of the book shows ${origins.join(', ')}`)
}

async function findBlock(client: DemoClient, block: string) {
  const { search } = await client.query<{
    search: { nodes: { item: { id: string }; excerpt: { text: string; highlighted: boolean }[] }[] }
  }>(documents.everything, { query: 'lift-off' })
  const match = search.nodes.find(({ item }) => item.id === block)
  expect(match !== undefined, 'the search of the library finds the block by its text')
  const excerpt = match?.excerpt.map(({ text, highlighted }) => (highlighted ? `[${text}]` : text)).join('')
  say(`“lift-off” finds the block: ${excerpt ?? ''}`)
}
