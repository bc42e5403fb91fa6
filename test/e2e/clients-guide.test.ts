import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { nodeBinary, cleanUpServers, type RunningServer, startServer } from '../support/server.ts'

cleanUpServers()

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))
const guide = await readFile(join(root, 'docs/clients.md'), 'utf8')

/** The examples that are run: a name, a program, and what it prints. */
const examples = [
  ...guide.matchAll(/<!-- run: ([\w-]+) -->\s+```js\n([\s\S]*?)```\s+```text\n([\s\S]*?)```/g),
].map(([, name = '', program = '', printed = '']) => ({ name, program, printed }))

let server: RunningServer
let folder: string
beforeAll(async () => {
  server = await startServer()
  // Below the project, so that the examples find its packages and itself.
  folder = await mkdtemp(join(root, 'dist/guide-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** What the compiler of Relay and its plug-in for Babel do to the query of a program. */
async function compileRelay(name: string) {
  const config = { root, sources: { [folder.slice(root.length)]: 'guide' }, projects: {} }
  const project = { language: 'javascript', schema: 'schema.graphql', eagerEsModules: true }
  const file = join(folder, 'relay.config.json')
  await writeFile(file, JSON.stringify({ ...config, projects: { guide: project } }))
  await run(process.execPath, ['node_modules/relay-compiler/cli.js', file, '--noWatchman'], { cwd: root })
  const program = await readFile(join(folder, name), 'utf8')
  const [query = '', operation = ''] = /graphql`\s*query (\w+)[\s\S]*?`/.exec(program) ?? []
  const artifact = `import compiled from './__generated__/${operation}.graphql.js'\n`
  await writeFile(
    join(folder, name.replace('.js', '.mjs')),
    artifact + program.replace(query, 'compiled').replace('graphql, ', ''),
  )
}

test('there are examples for every client', () => {
  expect(examples.map(({ name }) => name)).toEqual([
    ...[
      'fetch',
      'fetch-upload',
      'kit-upload',
      'apollo',
      'apollo-upload',
      'urql',
      'graphql-request',
      'relay',
      'tus',
      'persisted',
    ],
  ])
})

test.each(examples)('$name', async ({ name, program, printed }) => {
  const own = program.replaceAll('http://localhost:4000', server.url)
  if (name === 'relay') {
    await writeFile(join(folder, 'guide.js'), own)
    await compileRelay('guide.js')
  } else await writeFile(join(folder, `${name}.mjs`), own)
  const file = join(folder, name === 'relay' ? 'guide.mjs' : `${name}.mjs`)
  const { stdout, stderr } = await run(nodeBinary, [file], { cwd: root })
  expect({ stdout, stderr }).toEqual({ stdout: printed, stderr: '' })
})
