import { ApolloClient, InMemoryCache } from '@apollo/client'
import { ApolloProvider, useQuery } from '@apollo/client/react'
import { useState } from 'react'
import { createRoot } from 'react-dom/client'
import { possibleTypes, typePolicies, wordloomLink } from 'wordloom/clients/apollo'
import { Cover } from './cover.tsx'
import { ShelvesDocument } from './gql/graphql.ts'
import { Shelf } from './shelf.tsx'
import { Trash } from './trash.tsx'

const api = new URLSearchParams(location.search).get('api') ?? ''

const client = new ApolloClient({
  cache: new InMemoryCache({ possibleTypes, typePolicies: typePolicies() }),
  link: wordloomLink({ uri: `${api}/graphql` }),
  clientAwareness: { name: 'library-page', version: '1.0.0' },
})

function Library() {
  const { data } = useQuery(ShelvesDocument)
  const [shelfId, open] = useState<string>()
  if (!data) return <p>Loading…</p>
  const { workspace, bookshelves } = data
  return (
    <main>
      <h1>{workspace.name}</h1>
      <p data-testid="storage">
        {workspace.storage.usedBytes} of {workspace.storage.limitBytes} bytes
      </p>
      <ul aria-label="Bookshelves">
        {bookshelves.nodes.map((shelf) => (
          <li key={shelf.id}>
            <Cover media={shelf.cover} />
            <button
              onClick={() => {
                open(shelf.id)
              }}
            >
              {shelf.name}
            </button>
          </li>
        ))}
      </ul>
      {shelfId === undefined ? null : (
        <Shelf key={shelfId} id={shelfId} others={bookshelves.nodes.filter(({ id }) => id !== shelfId)} />
      )}
      <Trash />
    </main>
  )
}

const root = document.getElementById('root')
if (root)
  createRoot(root).render(
    <ApolloProvider client={client}>
      <Library />
    </ApolloProvider>,
  )
