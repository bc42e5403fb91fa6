import { expect, test } from 'vitest'
import { fieldOfLimit } from '../../src/graphql/resolvers/limits.ts'
import { limitSettings } from '../../src/domain/limits.ts'
import { textLimits } from '../../src/domain/text.ts'
import { ask, useApi } from '../support/api.ts'
import { useDatabase } from '../support/database.ts'
import { currentSchema } from '../support/schema.ts'

const configured = {
  imageBytes: 1_001,
  imagePixels: 1_002,
  videoBytes: 1_003,
  documentBytes: 1_004,
  filesPerOwner: 14,
  batchFiles: 5,
  retentionDays: 16,
  tagLevels: 17,
  blockRevisions: 18,
}
const database = useDatabase()
const api = useApi(database, { limits: configured, maxQueryCost: 4_321 })

const fieldsOf = (type: string) => {
  const found = currentSchema().getType(type)
  return found && 'getFields' in found ? Object.keys(found.getFields()) : []
}

test('clients see every configured limit, with the value that counts', async () => {
  const { client } = await api.workspace()
  const parts = { texts: 'TextLimits', calls: 'CallLimits' } as Record<string, string>
  const fields = fieldsOf('Limits').map((name) => {
    const type = parts[name]
    return type ? `${name} { ${fieldsOf(type).join(' ')} }` : name
  })
  const { limits } = await ask<{ limits: Record<string, unknown> }>(
    client,
    `{ limits { ${fields.join(' ')} } }`,
  )
  for (const [name, value] of Object.entries(configured)) {
    const field = fieldOfLimit[name as keyof typeof configured]
    expect([field, String(limits[field])]).toEqual([field, String(value)])
  }
  expect(limits).toMatchObject({ queryCost: 4_321, svgBytes: '1001', calls: { items: 1_000, pageSize: 100 } })
  expect(limits['texts']).toMatchObject(textLimits)
  expect(Object.values(limits).every((value) => value !== null)).toBe(true)
  expect(limits['imageTypes']).toContain('image/svg+xml')
  expect(limits['documentTypes']).toContain('application/pdf')
})

test('a new limit is shown, or is said to concern operators only', () => {
  expect(Object.keys(fieldOfLimit).sort()).toEqual(Object.keys(limitSettings).sort())
  const shown = Object.values(fieldOfLimit).filter((field) => field !== null)
  expect(fieldsOf('Limits')).toEqual(expect.arrayContaining(shown))
  expect(fieldsOf('TextLimits')).toEqual(expect.arrayContaining(Object.keys(textLimits)))
})
