import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { hasFiles, multipartForm } from '../../clients/multipart.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const files = ['possible-types.json', 'scalars.json', 'cache-facts.ts'].map(
  (name) => `${root}/clients/${name}`,
)
const texts = () => files.map((file) => readFileSync(file, 'utf8'))

test('the kit is that of the schema', () => {
  const before = texts()
  execFileSync(process.execPath, ['--import', 'tsx', 'generate-client-kit.ts'], { cwd: root })
  expect(texts()).toEqual(before)
})

test('the form of a request has the operation, a map and the files, in this order', async () => {
  const file = new File(['one'], 'один.txt')
  const variables = { input: { files: [{ file, slot: 1 }, { file: new Blob(['two']) }] } }
  expect([hasFiles(variables), hasFiles({ input: { files: [] } }), hasFiles()]).toEqual([true, false, false])
  const entries = [...multipartForm({ query: 'mutation { x }', variables }).entries()]
  expect(entries.slice(0, 2)).toEqual([
    ['operations', JSON.stringify({ query: 'mutation { x }', variables: { input: { files: [{ file: null, slot: 1 }, { file: null }] } } })],
    ['map', JSON.stringify({ 0: ['variables.input.files.0.file'], 1: ['variables.input.files.1.file'] })],
  ]) // prettier-ignore
  const sent = entries.slice(2).map(([name, value]) => [name, (value as File).name])
  expect(sent).toEqual([
    ['0', 'один.txt'],
    ['1', 'file'],
  ])
  expect(await (entries[2]?.[1] as File).text()).toBe('one')
})
