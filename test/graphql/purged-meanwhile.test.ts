import { expect, test } from 'vitest'
import { purgeDeletion } from '../../src/usecases/purge-trash.ts'
import { purgeTrash } from '../../src/usecases/purge.ts'
import { useApi } from '../support/api.ts'
import { buildBlock, succeeded } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { trash } from '../support/restoring.ts'

const database = useDatabase()
const api = useApi(database)

test('what is purged between two reads of one answer is told as that, not as a fault of the server', async () => {
  const { ctx, client } = await api.workspace()
  const block = await buildBlock(ctx)
  const deletion = await trash(ctx, 'BLOCK', block)
  const { pool } = database.db
  const query = Reflect.get(pool, 'query') as (...args: unknown[]) => unknown
  let purged = false
  Object.assign(pool, {
    query: async (...args: unknown[]) => {
      if (!purged && JSON.stringify(args).includes('from blocks')) {
        purged = true
        succeeded(await purgeDeletion(ctx, { deletionId: deletion.id }))
        await purgeTrash(ctx, {})
      }
      return Reflect.apply(query, pool, args)
    },
  })
  try {
    const answer = await client.send('{ trash { nodes { item { id } } } }')
    expect(purged).toBe(true)
    expect(answer.errors).toMatchObject([{ extensions: { code: 'PURGED_MEANWHILE' } }])
  } finally {
    Object.assign(pool, { query })
  }
  const again = await client.send('{ trash { nodes { item { id } } } }')
  expect(again).toMatchObject({ errors: [], data: { trash: { nodes: [] } } })
})
