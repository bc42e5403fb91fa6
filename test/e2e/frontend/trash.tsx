import { useMutation, useQuery } from '@apollo/client/react'
import { useState } from 'react'
import { RestoreDocument, TrashDocument } from './gql/graphql.ts'

/** What is in the trash, read each time it is opened. */
export function Trash() {
  const [open, show] = useState(false)
  const { data } = useQuery(TrashDocument, { skip: !open, fetchPolicy: 'cache-and-network' })
  return (
    <section aria-label="Trash">
      <button
        onClick={() => {
          show(!open)
        }}
      >
        {open ? 'Close the trash' : 'Open the trash'}
      </button>
      {open ? (
        <ul aria-label="Deletions">
          {data?.trash.nodes.map(({ id, name, deletedFrom, purgeAfter }) => (
            <li key={id}>{`${name}, from ${deletedFrom.path.join(' / ')}, until ${purgeAfter}`}</li>
          ))}
        </ul>
      ) : null}
    </section>
  )
}

interface RestoreOfferProps {
  readonly itemId: string
  readonly shelfId: string
  readonly onRestored: () => void
}

/** For a tab that still shows what was trashed in another. */
export function RestoreOffer({ itemId, shelfId, onRestored }: RestoreOfferProps) {
  const [restore] = useMutation(RestoreDocument)
  const [message, say] = useState('This book is in the trash.')
  const bringBack = async () => {
    const { data } = await restore({ variables: { input: { itemId }, shelf: shelfId } })
    if (data?.restoreItem.__typename === 'RestoreItemSuccess') onRestored()
    else say(data?.restoreItem.message ?? '')
  }
  return (
    <div role="alert">
      <p>{message}</p>
      <button onClick={() => void bringBack()}>Restore it</button>
    </div>
  )
}
