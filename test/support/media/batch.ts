import { fieldPart, filePart, type Part } from '../wire.ts'

export const batchDocument = `mutation ($input: UploadMediaBatchInput!) {
  uploadMediaBatch(input: $input) {
    __typename
    ... on Failure { message }
    ... on UploadMediaBatchSuccess {
      succeededCount
      failedCount
      results {
        __typename
        ... on Failure { message }
        ... on IdempotencyKeyReused { idempotencyKey }
        ... on UploadMediaSuccess { media { id fileName sha256 } }
      }
    }
  }
}`

export interface BatchAnswer {
  readonly __typename: string
  readonly message?: string
  readonly succeededCount: number
  readonly failedCount: number
  readonly results: readonly {
    readonly __typename: string
    readonly message?: string
    readonly idempotencyKey?: string
    readonly media?: { readonly id: string; readonly fileName: string; readonly sha256: string }
  }[]
}

/** The parts `operations` and `map` of a batch into these slots. */
export const batchHead = (slots: readonly object[], idempotencyKey: string | null = null): Part[] => [
  fieldPart('operations', {
    query: batchDocument,
    variables: { input: { files: slots.map((slot) => ({ file: null, slot })), idempotencyKey } },
  }),
  fieldPart('map', Object.fromEntries(slots.map((_slot, i) => [i, [`variables.input.files.${i}.file`]]))),
]

/** A whole batch into one slot, its files in the order of `arriving` if given. */
export function batchParts(
  slot: object,
  files: readonly Buffer[],
  { arriving = files.map((_file, index) => index), key = null as string | null } = {},
): Part[] {
  const parts = arriving.map((index) =>
    filePart(String(index), files[index] ?? Buffer.alloc(0), `${index}.jpg`),
  )
  return [
    ...batchHead(
      files.map(() => slot),
      key,
    ),
    ...parts,
  ]
}
