import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { expect } from 'vitest'
import type { Client } from '../client.ts'
import { queryDatabase } from '../library/library.ts'
import { runToEnd } from '../processes.ts'
import type { RunningServer } from '../server.ts'
import { storageEnvironment, storedFiles } from '../media/stored-files.ts'

const collector = ['--import', 'tsx', 'test/support/upkeep/collector.ts']

/** A worker with its clock ahead, on the data of a server. */
export interface Collector {
  /** Ends it as a power cut would. */
  kill(): Promise<void>
}

/** Starts to purge and collect all the time. */
export async function startCollector({ dataDir }: Pick<RunningServer, 'dataDir'>): Promise<Collector> {
  const child = spawn(process.execPath, collector, {
    env: { PATH: process.env['PATH'], DATA_DIR: dataDir, LOG_FORMAT: 'json', ...storageEnvironment(dataDir) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  let killed = false
  const ended = once(child, 'exit')
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const working = new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      if (output.includes('Collecting')) resolve()
    })
  })
  const failed = ended.then(() => {
    if (!killed) throw new Error(`The collector ended by itself:\n${output}`)
  })
  failed.catch(() => {})
  await Promise.race([working, failed])
  return {
    kill: async () => {
      if (killed) return
      await Promise.race([Promise.resolve(), failed])
      killed = true
      child.kill('SIGKILL')
      await ended
    },
  }
}

/**
 * One more run after everything has ended, and then: the trash is empty, nothing that nobody needs is stored, and every row has
 * its bytes. Gives the numbers of files and thumbnails.
 */
export async function expectAllCollected({ dataDir }: RunningServer) {
  const run = await runToEnd(collector, { DATA_DIR: dataDir, ONCE: '1', LOG_FORMAT: 'json' })
  expect(run.exitCode, run.output).toBe(0)
  const ask = (text: string) =>
    queryDatabase<{ count: number }>({ dataDir }, `select count(*)::int as count from ${text}`)
  for (const left of [
    'deletions where restored_at is null',
    'pending_deletions',
    'blobs where ref_count = 0',
  ])
    expect(await ask(left), left).toEqual([{ count: 0 }])
  for (const command of [['check'], ['replay'], ['verify', '--hash']]) {
    const { exitCode, output } = await runToEnd(['dist/cli.js', ...command], { DATA_DIR: dataDir })
    expect(exitCode, output).toBe(0)
  }
  const keys = async (table: string) =>
    (await queryDatabase<{ key: string }>({ dataDir }, `select storage_key as key from ${table}`)).map(
      ({ key }) => key,
    )
  const [files, thumbnails] = [await storedFiles(dataDir, 'files'), await storedFiles(dataDir, 'thumbnails')]
  expect([...files.keys()].sort()).toEqual((await keys('blobs')).sort())
  const known = new Set(await keys('thumbnails'))
  expect([...thumbnails.keys()].filter((key) => !known.has(key))).toEqual([])
  return { files: files.size, thumbnails: thumbnails.size }
}

const documents = {
  trash: `mutation ($id: ID!) { result: trashItem(input: { itemId: $id }) {
    __typename ... on Failure { message } ... on TrashItemSuccess { deletion { id } } } }`,
  restore: `mutation ($id: ID!) { result: restoreDeletion(input: { deletionId: $id }) { __typename ... on Failure { message } } }`,
  purge: `mutation ($id: ID!) { result: purgeDeletion(input: { deletionId: $id }) { __typename ... on Failure { message } } }`,
  empty: `mutation { result: emptyTrash(input: { force: true }) { __typename ... on Failure { message } } }`,
}

interface Result {
  readonly __typename: string
  readonly deletion?: { readonly id: string }
}

/** The server was killed before it answered, or said that its database was. */
export class CutOff extends Error {}

/** Does one thing and gives its answer. */
export async function perform(client: Client, name: keyof typeof documents, id?: string): Promise<Result> {
  const answer = await client.send(documents[name], id === undefined ? {} : { id }).catch(cutOff)
  const [error] = answer.errors
  if (isOutage(error)) throw new CutOff(error.message)
  expect(answer.errors).toEqual([])
  return (answer.data as { result: Result }).result
}

interface ApiError {
  readonly message: string
  readonly extensions?: { readonly code?: unknown }
}

const isOutage = (error: ApiError | undefined): error is ApiError =>
  ['INTERNAL_SERVER_ERROR', 'DATABASE_UNAVAILABLE'].includes(String(error?.extensions?.code))

function cutOff(error: unknown): never {
  if (error instanceof Error && /^(fetch failed|terminated|Unexpected end of JSON)/.test(error.message))
    throw new CutOff(error.message)
  throw error
}

/** Uploads bytes, which may be in the trash, and gives the id of the medium. */
export async function send(client: Client, slot: object, bytes: Buffer): Promise<string> {
  const file = new Blob([Uint8Array.from(bytes)])
  const answer = await client.upload({ slot, whenInTrash: 'UPLOAD_AGAIN' }, file, 'noise.png').catch(cutOff)
  const [error] = answer.errors
  if (isOutage(error)) throw new CutOff(error.message)
  expect(answer.errors).toEqual([])
  const { uploadMedia } = answer.data as { uploadMedia: { media?: { id: string } } }
  if (!uploadMedia.media) throw new Error(JSON.stringify(uploadMedia))
  return uploadMedia.media.id
}

export const sha256Of = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

/** The hash of a live medium's bytes as they are served. */
export async function servedHash(client: Client, id: string): Promise<string> {
  const response = await fetch(`${client.url}/media/${id}`).catch(cutOff)
  const bytes = Buffer.from(await response.arrayBuffer().catch(cutOff))
  return response.ok ? sha256Of(bytes) : `${response.status}`
}
