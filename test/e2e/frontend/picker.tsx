import { useMutation, useQuery } from '@apollo/client/react'
import { useState } from 'react'
import { Cover } from './cover.tsx'
import { PickerDocument, UseAsCoverDocument } from './gql/graphql.ts'

/** The pictures of the library; the one that is chosen becomes the cover, without another upload. */
export function Picker({ bookId, onPicked }: { readonly bookId: string; readonly onPicked: () => void }) {
  const [text, search] = useState('')
  const { data } = useQuery(PickerDocument, { variables: { text: text === '' ? null : text } })
  const [attach] = useMutation(UseAsCoverDocument)
  const use = async (mediaId: string) => {
    const slot = { ownerType: 'BOOK', ownerId: bookId, role: 'COVER' } as const
    await attach({ variables: { input: { mediaId, slot } } })
    onPicked()
  }
  return (
    <dialog open aria-label="Pictures">
      <input
        aria-label="Search pictures"
        value={text}
        onChange={({ target }) => {
          search(target.value)
        }}
      />
      <ul>
        {data?.mediaItems.nodes.map((media) => (
          <li key={media.id}>
            <Cover media={media} />
            <button onClick={() => void use(media.id)}>{media.fileName}</button>
          </li>
        ))}
      </ul>
    </dialog>
  )
}
