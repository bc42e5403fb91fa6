import { useMutation, useQuery } from '@apollo/client/react'
import { useState } from 'react'
import { BookCard } from './book-card.tsx'
import { MoveBooksDocument, ShelfDocument } from './gql/graphql.ts'

interface ShelfProps {
  readonly id: string
  readonly others: readonly { readonly id: string; readonly name: string }[]
}

/** The books of a shelf, page after page; those that are chosen move together. */
export function Shelf({ id, others }: ShelfProps) {
  const { data, fetchMore } = useQuery(ShelfDocument, { variables: { id } })
  const [chosen, choose] = useState<ReadonlySet<string>>(new Set())
  const [message, say] = useState('')
  const [move] = useMutation(MoveBooksDocument)
  if (!data?.bookshelf) return <p>Loading…</p>
  const { name, books } = data.bookshelf

  const toggle = (bookId: string) => {
    const next = new Set(chosen)
    if (!next.delete(bookId)) next.add(bookId)
    choose(next)
  }
  const moveChosen = async (bookshelfId: string) => {
    const input = { bookIds: [...chosen], bookshelfId }
    const { data: answer } = await move({ variables: { input, from: id } })
    if (answer?.moveBooks.__typename !== 'MoveBooksSuccess') say(answer?.moveBooks.message ?? '')
    choose(new Set())
  }
  return (
    <section aria-label="Shelf">
      <h2>{name}</h2>
      <p data-testid="count">{`${String(books.nodes.length)} of ${String(books.totalCount)} books`}</p>
      <p role="status">{message}</p>
      <ul aria-label="Books">
        {books.nodes.map((book) => (
          <BookCard
            key={book.id}
            book={book}
            shelfId={id}
            chosen={chosen.has(book.id)}
            onChoose={() => {
              toggle(book.id)
            }}
          />
        ))}
      </ul>
      {books.pageInfo.hasNextPage ? (
        <button onClick={() => void fetchMore({ variables: { after: books.pageInfo.endCursor } })}>
          More
        </button>
      ) : null}
      {others.map((other) => (
        <button key={other.id} disabled={chosen.size === 0} onClick={() => void moveChosen(other.id)}>
          {`Move to ${other.name}`}
        </button>
      ))}
    </section>
  )
}
