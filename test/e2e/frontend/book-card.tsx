import { useApolloClient, useMutation } from '@apollo/client/react'
import { type ChangeEvent, useState } from 'react'
import { Cover } from './cover.tsx'
import {
  type BookCardFragment,
  CopyBookDocument,
  RenameBookDocument,
  StaleItemDocument,
  TrashBookDocument,
  UploadCoverDocument,
} from './gql/graphql.ts'
import { Picker } from './picker.tsx'
import { RestoreOffer } from './trash.tsx'

interface BookCardProps {
  readonly book: BookCardFragment
  readonly shelfId: string
  readonly chosen: boolean
  readonly onChoose: () => void
}

export function BookCard({ book, shelfId, chosen, onChoose }: BookCardProps) {
  const [picking, pick] = useState(false)
  const [copy] = useMutation(CopyBookDocument)
  const [trash] = useMutation(TrashBookDocument)
  return (
    <li aria-label={book.title}>
      <Cover media={book.cover} />
      <label>
        <input type="checkbox" checked={chosen} onChange={onChoose} /> choose
      </label>
      <Title book={book} shelfId={shelfId} />
      <CoverUpload bookId={book.id} />
      <button
        onClick={() => {
          pick(!picking)
        }}
      >
        Choose a cover
      </button>
      <button onClick={() => void copy({ variables: { input: { bookId: book.id } } })}>Copy</button>
      <button onClick={() => void trash({ variables: { input: { itemId: book.id }, from: shelfId } })}>
        Trash
      </button>
      {picking ? (
        <Picker
          bookId={book.id}
          onPicked={() => {
            pick(false)
          }}
        />
      ) : null}
    </li>
  )
}

/** The title: what somebody else wrote meanwhile is shown before it is overwritten, and a book in the trash is offered. */
function Title({ book, shelfId }: Pick<BookCardProps, 'book' | 'shelfId'>) {
  const client = useApolloClient()
  const [rename] = useMutation(RenameBookDocument)
  const [draft, write] = useState<string>()
  const [version, setVersion] = useState(book.version)
  const [theirs, setTheirs] = useState<string>()
  const [inTrash, setInTrash] = useState(false)

  const save = async (expectedVersion: number) => {
    const title = draft ?? book.title
    const { data } = await rename({ variables: { input: { bookId: book.id, title, expectedVersion } } })
    const answer = data?.updateBook
    if (answer?.__typename === 'UpdateBookSuccess') {
      write(undefined)
      setTheirs(undefined)
    } else if (answer?.__typename === 'VersionConflict' && answer.current.__typename === 'Book') {
      setTheirs(answer.current.title)
      setVersion(answer.current.version)
    } else if (answer?.__typename === 'NotFound') {
      const found = await client.query({ query: StaleItemDocument, variables: { id: book.id } })
      setInTrash(found.data?.trashedItem?.trash != null)
    }
  }
  if (inTrash)
    return (
      <RestoreOffer
        itemId={book.id}
        shelfId={shelfId}
        onRestored={() => {
          setInTrash(false)
        }}
      />
    )
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        void save(version)
      }}
    >
      <input
        aria-label="Title"
        value={draft ?? book.title}
        onFocus={() => {
          setVersion(book.version)
        }}
        onChange={({ target }) => {
          write(target.value)
        }}
      />
      <button>Save</button>
      {theirs === undefined ? null : (
        <dialog open aria-label="Conflict">
          <p>Somebody wrote: {theirs}</p>
          <button type="button" onClick={() => void save(version)}>
            Keep mine
          </button>
          <button
            type="button"
            onClick={() => {
              write(undefined)
              setTheirs(undefined)
            }}
          >
            Take theirs
          </button>
        </dialog>
      )}
    </form>
  )
}

function CoverUpload({ bookId }: { readonly bookId: string }) {
  const [upload] = useMutation(UploadCoverDocument)
  const [progress, setProgress] = useState<number>()
  const [message, say] = useState('')
  const send = async ({ target }: ChangeEvent<HTMLInputElement>) => {
    const file = target.files?.[0]
    if (!file) return
    const slot = { ownerType: 'BOOK', ownerId: bookId, role: 'COVER' } as const
    const { data } = await upload({
      variables: { input: { file, slot } },
      context: {
        onProgress: ({ loaded, total }: { loaded: number; total: number }) => {
          setProgress(loaded / total)
        },
      },
    })
    const answer = data?.uploadMedia
    say(answer?.__typename === 'UploadMediaSuccess' ? answer.decision : (answer?.message ?? ''))
  }
  return (
    <label>
      Cover <input type="file" aria-label="Upload a cover" onChange={(event) => void send(event)} />
      {progress === undefined ? null : <progress value={progress} />}
      <output>{message}</output>
    </label>
  )
}
