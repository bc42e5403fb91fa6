import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type EmbeddedPostgres, startEmbedded } from '../../src/db/postgres/embedded.ts'
import { ClusterInUse } from '../../src/db/postgres/lock-file.ts'
import { removeTemporaryFolders, temporaryFolder } from '../support/builders.ts'
import { clusterTemplate } from '../support/cluster-template.ts'
import { copyCluster } from '../support/copy-cluster.ts'

removeTemporaryFolders()

let dataDir: string
let running: EmbeddedPostgres | undefined

beforeEach(async () => {
  dataDir = await temporaryFolder()
  await copyCluster(await clusterTemplate(undefined), dataDir)
})
afterEach(async () => {
  await running?.release()
  running = undefined
})

const lockFile = (folder: string) => join(folder, 'postgres', 'postmaster.pid')

test('a copy of a running cluster is refused at once, with its original and the process', async () => {
  running = await startEmbedded(dataDir)
  const copy = await temporaryFolder()
  await copyCluster(join(dataDir, 'postgres'), copy)
  const starting = startEmbedded(copy)
  await expect(starting).rejects.toBeInstanceOf(ClusterInUse)
  const pid = Number.parseInt(await readFile(lockFile(dataDir), 'utf8'))
  await expect(starting).rejects.toThrow(`copy of ${join(dataDir, 'postgres')}`)
  await expect(starting).rejects.toThrow(`process ${pid}`)
})

test('a lock file whose process is another program is refused at once, and says what to remove', async () => {
  const { uid, gid } = await stat(join(dataDir, 'postgres'))
  const other = spawn('sleep', ['600'], { uid, gid, cwd: '/', stdio: 'ignore' })
  await once(other, 'spawn')
  const lines = [other.pid, join(dataDir, 'postgres'), 1, 5432, join(dataDir, 'socket'), '', '']
  await writeFile(lockFile(dataDir), lines.join('\n'), { mode: 0o644 })
  const starting = startEmbedded(dataDir)
  await expect(starting).rejects.toBeInstanceOf(ClusterInUse)
  await expect(starting).rejects.toThrow(`process ${other.pid}`)
  await expect(starting).rejects.toThrow('remove the file')
  other.kill('SIGKILL')
  await once(other, 'exit')
  running = await startEmbedded(dataDir)
})

test('a second start on the same folder joins the running cluster', async () => {
  running = await startEmbedded(dataDir)
  const second = await startEmbedded(dataDir)
  expect(second.connection).toEqual(running.connection)
  await second.release()
  await stat(lockFile(dataDir))
})

test('a lock file whose process has ended is no obstacle', async () => {
  const first = await startEmbedded(dataDir)
  const left = await readFile(lockFile(dataDir))
  await first.release()
  await writeFile(lockFile(dataDir), left)
  running = await startEmbedded(dataDir)
})
