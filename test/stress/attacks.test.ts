import { expect, test } from 'vitest'
import { useApi } from '../support/api.ts'
import { attacks } from '../support/attacks.ts'
import { useDatabase } from '../support/database.ts'
import { statementsOf } from '../support/statements.ts'

const database = useDatabase()
const api = useApi(database)

test.each(attacks)('$name: refused before anything is read, or answered', async ({ body, code }) => {
  const answer: { status?: number; codes?: unknown; messages?: string[] } = {}
  const statements = await statementsOf(async () => {
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(`${api.url}/graphql`, { method: 'POST', headers, body })
    const { errors = [] } = (await response.json()) as {
      errors?: { message: string; extensions: { code: string } }[]
    }
    answer.status = response.status
    answer.codes = [...new Set(errors.map(({ extensions }) => extensions.code))]
    answer.messages = errors.map(({ message }) => message)
  })
  expect(answer.codes).toEqual(code === null ? [] : [code])
  if (code === null) return
  expect(answer.status).toBeGreaterThanOrEqual(400)
  expect(answer.status).toBeLessThan(500)
  expect(statements.map(({ text }) => text)).toEqual([])
  expect(answer.messages?.join('').length).toBeGreaterThan(20)
  expect(answer.messages?.join('')).not.toContain('call stack')
})
