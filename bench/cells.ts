import { isDeepStrictEqual } from 'node:util'
import type { Target } from './targets.ts'

/** One kind of request that is measured. */
export interface Cell {
  readonly name: string
  /** The requests' bodies: each connection goes round through its share of them. */
  readonly bodies: readonly string[]
  /** Every request makes one block. */
  readonly writes: boolean
}

const nested = `query {
  bookshelves(first: 20) {
    nodes {
      name
      books(first: 20) {
        nodes {
          title
          cover { url thumbnailUrl }
          blocks(first: 20) { nodes { content } }
        }
      }
    }
  }
}`

const createBlock = `mutation ($input: CreateBlockInput!) {
  createBlock(input: $input) {
    ... on CreateBlockSuccess { block { id kind content version } }
  }
}`

const content =
  'She closed the book, put it back on its shelf and looked out at the harbour, where nothing had changed.'

export const cellsOf = (bookIds: readonly string[]): Cell[] => [
  { name: 'nested query', bodies: [JSON.stringify({ query: nested })], writes: false },
  {
    name: 'createBlock',
    bodies: bookIds.map((bookId) =>
      JSON.stringify({ query: createBlock, variables: { input: { bookId, content } } }),
    ),
    writes: true,
  },
]

export async function post(target: Target, body: string): Promise<string> {
  const { url } = target
  const headers = { 'content-type': 'application/json', ...target.headers }
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body })
  const text = await response.text()
  if (!response.ok || text.includes('"errors"'))
    throw new Error(`${url} answered ${response.status}: ${text}`)
  return text
}

const signature = /\?s=[\w-]{58}/g

/** Both give the same answer, but for their own addresses, signatures and new ids. Gives the number of characters. */
export async function assertSameAnswers(targets: readonly Target[], { name, bodies }: Cell): Promise<number> {
  const [body = ''] = bodies
  const texts = await Promise.all(targets.map((target) => post(target, body)))
  const [one, other] = texts.map((text, index): unknown =>
    JSON.parse(
      text
        .replaceAll(targets[index]?.url ?? '', '')
        .replaceAll(signature, '')
        .replaceAll(/"id":\s*"[^"]+"/g, '"id":""'),
    ),
  )
  if (!isDeepStrictEqual(one, other)) throw new Error(`The two servers answer the ${name} differently.`)
  return texts[0]?.length ?? 0
}
