import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { startEmbedded } from '../../src/db/postgres/embedded.ts'
import { Client } from '../support/client.ts'
import { queryDatabase } from '../support/library/library.ts'
import { isRunning, postgresPid, runToEnd } from '../support/processes.ts'
import { cleanUpServers, startServer } from '../support/server.ts'

cleanUpServers()

const folders: string[] = []
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true })
})

async function temporaryFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'wordloom-e2e-'))
  folders.push(folder)
  return folder
}

const run = (args: string[], env: Record<string, string> = {}) => runToEnd(['dist/cli.js', ...args], env)

test('the help names every command and ends with 0', async () => {
  const { exitCode, output } = await run(['--help'])
  expect(exitCode).toBe(0)
  const commands = [...output.matchAll(/^ {2}([a-z-]+) /gm)].map(([, name]) => name)
  const known = [
    'migrate',
    'check',
    'media-keys',
    'replay',
    'verify',
    'thumbnails',
    'purge',
    'jobs',
    'workspaces',
    'users',
    'members',
    'tokens',
    'gc',
    'why',
  ]
  expect(commands).toEqual([...known, 'demo', 'help'])
})

test.each([
  ['an unknown command', ['mirgate'], "unknown command 'mirgate'\n(Did you mean migrate?)"],
  [
    'an unknown command of a group',
    ['media-keys', 'rotat'],
    "unknown command 'rotat'\n(Did you mean rotate?)",
  ],
  ['an unknown command below one', ['jobs', 'retyr', 'x'], "unknown command 'retyr'. 'jobs' has: retry."],
  [
    'an unknown command below purge',
    ['purge', 'hodl'],
    "unknown command 'hodl'. 'purge' has: hold, release.",
  ],
  ['an unknown option', ['verify', '--hsah'], "unknown option '--hsah'\n(Did you mean --hash?)"],
  ['an argument too many', ['check', 'x'], "too many arguments for 'check'. Expected 0 arguments but got 1."],
  ['a missing argument', ['why'], "missing required argument 'id|key|sha256'"],
  ['an option without its value', ['gc', '--workspace'], "option '--workspace <id>' argument missing"],
])('%s ends with 2 and says what is wrong and how to get help', async (_what, args, says) => {
  const help = 'Run `npm run cli -- help` for all commands, or `npm run cli -- help <command>` for one.'
  expect(await run(args)).toEqual({ exitCode: 2, output: `error: ${says}\n${help}\n` })
})

test('migrate without a server makes the database, and leaves it stopped', async () => {
  const env = { DATA_DIR: await temporaryFolder() }
  const first = await run(['migrate'], env)
  expect(first).toEqual({ exitCode: 0, output: expect.stringMatching(/^Applied \d{14}_\w+$/m) as string })
  expect(await postgresPid(env.DATA_DIR)).toBeNull()

  const second = await run(['migrate'], env)
  expect(second).toEqual({ exitCode: 0, output: 'The database is up to date.\n' })
  expect(await postgresPid(env.DATA_DIR)).toBeNull()
})

test("migrate beside a server uses the server's database and leaves it running", async () => {
  const server = await startServer()
  const postgres = await postgresPid(server.dataDir)
  const result = await run(['migrate'], { DATA_DIR: server.dataDir })
  expect(result).toEqual({ exitCode: 0, output: 'The database is up to date.\n' })
  expect(await postgresPid(server.dataDir)).toBe(postgres)
  expect((await fetch(`${server.url}/health/ready`)).status).toBe(200)
  await server.stop()
})

test('migrate with a configuration that cannot be used ends with 1 and says why, without a stack', async () => {
  const { exitCode, output } = await run(['migrate'], { DATABASE_URL: 'nonsense' })
  expect(exitCode).toBe(1)
  expect(output).toContain('DATABASE_URL: must be a URL')
  expect(output).not.toContain('    at ')
})

test('the demo plays against a running server and ends with 0', async () => {
  const server = await startServer()
  const { exitCode, output } = await run(['demo'], { WORDLOOM_URL: server.url })
  expect(output).toContain('is back in its place')
  expect(output).toContain('“py” finds 拼音')
  expect(exitCode).toBe(0)
  const picture = await fetch(/A picture to look at:\s+(\S+)/.exec(output)?.[1] ?? '')
  expect([picture.status, picture.headers.get('content-type')]).toEqual([200, 'image/webp'])

  const again = await run(['demo'], { WORDLOOM_URL: `${server.url}/` })
  expect(again.exitCode).toBe(0)
  await server.stop()
})

test('check ends with 0 when all counts are right, and with 1 and the tag when one is not', async () => {
  const server = await startServer()
  expect((await run(['demo'], { WORDLOOM_URL: server.url })).exitCode).toBe(0)
  const env = { DATA_DIR: server.dataDir }
  const right = await run(['check'], env)
  expect(right).toEqual({
    exitCode: 0,
    output: expect.stringContaining('tags, media and references are consistent') as string,
  })

  await queryDatabase(
    server,
    `update tags set block_count = block_count + 1, usage_count = usage_count + 1 where name = '拼音'`,
  )
  const drifted = await run(['check'], env)
  expect(drifted.exitCode).toBe(1)
  expect(drifted.output).toContain(
    '"拼音"): stored {"total":2,"bookshelves":0,"books":0,"blocks":2}, counted',
  )
  await server.stop()
})

test('the demo without a server ends with 1 and says how to start one', async () => {
  const { exitCode, output } = await run(['demo'], { WORDLOOM_URL: 'http://127.0.0.1:1' })
  expect(exitCode).toBe(1)
  expect(output).toContain('No server answers at http://127.0.0.1:1/graphql')
  expect(output).toContain('npm start')
  expect(output).toContain('WORDLOOM_URL')
  expect(output).not.toContain('    at ')
})

test('the demo against something else ends with 1 and asks whether it is Wordloom', async () => {
  const other = createServer((_request, response) => response.end('<h1>Hello</h1>'))
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const { port } = other.address() as AddressInfo
  const { exitCode, output } = await run(['demo'], { WORDLOOM_URL: `http://127.0.0.1:${port}` })
  other.close()
  expect(exitCode).toBe(1)
  expect(output).toContain('Is it Wordloom?')
})

test('with DATABASE_URL everything works on that database, and no other is started or stopped', async () => {
  const elsewhere = await temporaryFolder()
  const postgres = await startEmbedded(elsewhere)
  const { host } = postgres.connection
  const env = {
    DATABASE_URL: `postgres://wordloom@localhost/wordloom?host=${encodeURIComponent(host)}`,
    DATA_DIR: await temporaryFolder(),
  }
  expect((await run(['migrate'], env)).output).toMatch(/^Applied /)

  const server = await startServer(env, env.DATA_DIR)
  expect(server.output()).toContain('the configured PostgreSQL')
  const demo = await run(['demo'], { WORDLOOM_URL: server.url })
  expect(demo.exitCode).toBe(0)
  expect(await server.stop()).toBe(0)
  expect(await readdir(env.DATA_DIR)).toEqual(['storage'])

  const again = await startServer(env, env.DATA_DIR)
  const answer = await new Client(again.url).send('{ bookshelves { totalCount } }')
  expect(answer.data).toEqual({ bookshelves: { totalCount: 1 } })
  await again.stop()

  const pid = await postgresPid(elsewhere)
  expect(pid !== null && isRunning(pid)).toBe(true)
  await postgres.release()
  expect(await postgresPid(elsewhere)).toBeNull()
})

test('a database that cannot be reached ends a start with its address and what to do', async () => {
  const env = {
    DATABASE_URL: 'postgres://wordloom@127.0.0.1:1/wordloom',
    DATA_DIR: await temporaryFolder(),
  }
  for (const [program, code] of [
    ['dist/server.js', 1],
    ['dist/cli.js migrate', 75],
  ] as const) {
    const { exitCode, output } = await runToEnd(program.split(' '), env)
    expect(exitCode).toBe(code)
    expect(output).toContain('127.0.0.1:1')
    expect(output).toContain('Check DATABASE_URL')
    expect(output).not.toContain('    at ')
  }
})
