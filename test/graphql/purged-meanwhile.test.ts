import { expect, test } from 'vitest'
import { purgeDeletion } from '../../src/usecases/trash/request-purge.ts'
import { purgeTrash } from '../../src/usecases/trash/run-purge.ts'
import { useApi, type Workspace } from '../support/api.ts'
import { buildBlock, succeeded } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { trash } from '../support/trash/restoring.ts'

const database = useDatabase()
const api = useApi(database)

/** Sends an operation, and purges a block as soon as it is in the trash and its row is about to be read. */
async function purgedWhile({ ctx, client }: Workspace, itemId: string, operation: string) {
  const { pool, prisma } = database.db
  const query = Reflect.get(pool, 'query') as (...args: unknown[]) => unknown
  let purged = false
  Object.assign(pool, {
    query: async (...args: unknown[]) => {
      const readsBlocks = !purged && JSON.stringify(args).includes('from blocks')
      const deletion = readsBlocks ? await prisma.deletion.findFirst({ where: { itemId } }) : null
      if (deletion) {
        purged = true
        succeeded(await purgeDeletion(ctx, { deletionId: deletion.id }))
        await purgeTrash(ctx, {})
      }
      return Reflect.apply(query, pool, args)
    },
  })
  try {
    const answer = await client.send(operation)
    expect(purged).toBe(true)
    return answer
  } finally {
    Object.assign(pool, { query })
  }
}

test('what is purged between two reads of one answer is told as that, not as a fault of the server', async () => {
  const workspace = await api.workspace()
  const block = await buildBlock(workspace.ctx)
  await trash(workspace.ctx, 'BLOCK', block)
  const list = '{ trash { nodes { item { id } } } }'
  const answer = await purgedWhile(workspace, block.id, list)
  expect(answer.errors).toMatchObject([{ extensions: { code: 'PURGED_MEANWHILE' } }])
  expect(await workspace.client.send(list)).toMatchObject({ errors: [], data: { trash: { nodes: [] } } })
})

test('of many that were trashed, one that is purged at once does not hide the others', async () => {
  const workspace = await api.workspace()
  const [kept, gone] = [await buildBlock(workspace.ctx), await buildBlock(workspace.ctx)]
  const answer = await purgedWhile(
    workspace,
    gone.id,
    `mutation { answer: trashItems(input: { itemIds: ["${gone.id}", "${kept.id}"] }) {
      ... on TrashItemsSuccess { results { __typename ... on TrashItemSuccess { item { id } } } } } }`,
  )
  const results = [{ __typename: 'NotFound' }, { __typename: 'TrashItemSuccess', item: { id: kept.id } }]
  expect(answer).toMatchObject({ errors: [], data: { answer: { results } } })
})
