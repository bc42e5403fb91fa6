import { can } from '../../domain/access.ts'
import type { GraphQLContext } from '../context.ts'

interface Authors {
  readonly createdBy: string
  readonly updatedBy: string
}

/** The authors of a row. A read of a query that selects one of the two fields has its column (`selections.ts`). */
const authorsOf = (row: object) => row as Authors

export const authors = {
  createdBy: (row: object) => ({ id: authorsOf(row).createdBy }),
  updatedBy: (row: object) => ({ id: authorsOf(row).updatedBy }),
}

/** The fields that every item of the library has. An item in the trash can only be restored. */
export const authored = {
  ...authors,
  viewerCanEdit: (
    { deletionId }: { readonly deletionId: string | null },
    _args: unknown,
    { actor }: GraphQLContext,
  ) => deletionId === null && can(actor, 'edit'),
}
