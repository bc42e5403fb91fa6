import { InMemoryCache } from '@apollo/client/cache'
import { gql } from '@apollo/client/core'
import { expect, test } from 'vitest'
import { possibleTypes, typePolicies } from '../../clients/apollo.ts'

const newCache = () => new InMemoryCache({ possibleTypes, typePolicies: typePolicies() })

const withNodes = gql`
  query Books($first: Int, $after: String, $last: Int, $before: String, $where: BookWhere) {
    books(first: $first, after: $after, last: $last, before: $before, where: $where) {
      totalCount
      nodes {
        id
        title
      }
      pageInfo {
        startCursor
        endCursor
        hasNextPage
        hasPreviousPage
      }
    }
  }
`
const withEdges = gql`
  query Books($first: Int, $after: String) {
    books(first: $first, after: $after) {
      edges {
        cursor
        node {
          id
          title
        }
      }
    }
  }
`

const book = (title: string) => ({ __typename: 'Book', id: `id-${title}`, title })

/** A page of books, one for each letter, as the server answers. */
const page = (letters: string, total = 6) => ({
  books: {
    __typename: 'BookConnection',
    totalCount: total,
    nodes: Array.from(letters, book),
    pageInfo: {
      __typename: 'PageInfo',
      startCursor: letters.at(0) ?? null,
      endCursor: letters.at(-1) ?? null,
      hasNextPage: !letters.endsWith('f'),
      hasPreviousPage: !letters.startsWith('a'),
    },
  },
})

const titles = (cache: InMemoryCache, variables = {}) => {
  const read = cache.readQuery<{ books: { nodes: { title: string }[] } }>({ query: withNodes, variables })
  return read?.books.nodes.map(({ title }) => title).join('')
}

test('pages of nodes are appended, and the information of the page covers all of them', () => {
  const cache = newCache()
  cache.writeQuery({ query: withNodes, data: page('ab') })
  cache.writeQuery({ query: withNodes, variables: { after: 'b' }, data: page('cd') })
  cache.writeQuery({ query: withNodes, variables: { after: 'd' }, data: page('ef') })
  const { books } = cache.readQuery<ReturnType<typeof page>>({ query: withNodes }) ?? {}
  expect(titles(cache)).toBe('abcdef')
  expect(books?.pageInfo).toMatchObject({
    startCursor: 'a',
    endCursor: 'f',
    hasNextPage: false,
    hasPreviousPage: false,
  })
})

test('pages before are prepended', () => {
  const cache = newCache()
  cache.writeQuery({ query: withNodes, variables: { last: 2 }, data: page('ef') })
  cache.writeQuery({ query: withNodes, variables: { last: 2, before: 'e' }, data: page('cd', 7) })
  const { books } = cache.readQuery<ReturnType<typeof page>>({ query: withNodes }) ?? {}
  expect(titles(cache)).toBe('cdef')
  expect(books?.pageInfo).toMatchObject({
    startCursor: 'c',
    endCursor: 'f',
    hasNextPage: false,
    hasPreviousPage: true,
  })
  expect(books?.totalCount).toBe(7)
})

test('a query without a cursor starts again, and so does a page that follows no known one', () => {
  const cache = newCache()
  cache.writeQuery({ query: withNodes, data: page('ab') })
  cache.writeQuery({ query: withNodes, variables: { after: 'b' }, data: page('cd') })
  cache.writeQuery({ query: withNodes, data: page('ab') })
  expect(titles(cache)).toBe('ab')
  cache.writeQuery({ query: withNodes, variables: { after: 'd' }, data: page('ef') })
  expect(titles(cache)).toBe('ef')
})

test('an item that moved between two pages is there once, where the later page has it', () => {
  const cache = newCache()
  cache.writeQuery({ query: withNodes, data: page('ab') })
  cache.writeQuery({ query: withNodes, variables: { after: 'b' }, data: page('ca') })
  expect(titles(cache)).toBe('bca')
})

test('an empty cursor is none', () => {
  const cache = newCache()
  cache.writeQuery({ query: withNodes, data: page('') })
  cache.writeQuery({ query: withNodes, variables: { after: '' }, data: page('ab') })
  expect(titles(cache)).toBe('ab')
})

test('pages of edges are appended by their cursors, without the information of the page', () => {
  const cache = newCache()
  const edges = (letters: string) => ({
    books: {
      __typename: 'BookConnection',
      edges: Array.from(letters, (title) => ({ __typename: 'BookEdge', cursor: title, node: book(title) })),
    },
  })
  cache.writeQuery({ query: withEdges, data: edges('ab') })
  cache.writeQuery({ query: withEdges, variables: { after: 'b' }, data: edges('cd') })
  const read = cache.readQuery<ReturnType<typeof edges>>({ query: withEdges })
  expect(read?.books.edges.map(({ node }) => node.title)).toEqual(['a', 'b', 'c', 'd'])
})

test('each condition has a list of its own', () => {
  const cache = newCache()
  const where = { bookshelfId: 'shelf' }
  cache.writeQuery({ query: withNodes, data: page('ab') })
  cache.writeQuery({ query: withNodes, variables: { where }, data: page('cd') })
  expect([titles(cache), titles(cache, { where })]).toEqual(['ab', 'cd'])
})

test('a book of a list is found by its ID, without asking the server', () => {
  const cache = newCache()
  cache.writeQuery({ query: withNodes, data: page('ab') })
  const query = gql`query Book($id: ID!) { book(id: $id) { id title } }` // prettier-ignore
  expect(cache.readQuery({ query, variables: { id: 'id-b' } })).toEqual({ book: book('b') })
  expect(cache.readQuery({ query, variables: { id: 'id-z' } })).toBeNull()
  cache.writeQuery({ query, variables: { id: 'id-z' }, data: { book: null } })
  expect(cache.readQuery({ query, variables: { id: 'id-z' } })).toEqual({ book: null })
})

test('objects without an ID are merged', () => {
  const cache = newCache()
  const write = (query: ReturnType<typeof gql>, storage: object) => {
    cache.writeQuery({ query, data: { workspace: { __typename: 'Workspace', id: 'w', storage } } })
  }
  write(gql`{ workspace { id storage { usedBytes } } }`, { __typename: 'StorageUsage', usedBytes: '1' }) // prettier-ignore
  write(gql`{ workspace { id storage { limitBytes } } }`, { __typename: 'StorageUsage', limitBytes: '9' }) // prettier-ignore
  const both = gql`{ workspace { storage { usedBytes limitBytes } } }` // prettier-ignore
  expect(cache.readQuery({ query: both })).toMatchObject({
    workspace: { storage: { usedBytes: '1', limitBytes: '9' } },
  })
})

test('the message of any failure is read', () => {
  const cache = newCache()
  const query = gql`{ createBookshelf { ... on Failure { message } } }` // prettier-ignore
  const failure = { __typename: 'InvalidInput', message: 'The name is empty.' }
  cache.writeQuery({ query, data: { createBookshelf: failure } })
  expect(cache.readQuery({ query })).toEqual({ createBookshelf: failure })
  const plain = new InMemoryCache()
  plain.writeQuery({ query, data: { createBookshelf: failure } })
  expect(plain.readQuery({ query })).not.toEqual({ createBookshelf: failure })
})
