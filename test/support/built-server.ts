import { execFile } from 'node:child_process'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { TestProject } from 'vitest/node'
import { clusterTemplate } from './cluster-template.ts'
import { howToGetAStore, makeBucket, testStore } from './object-store.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The Node that runs the built server; null is the one that runs the tests. */
    serverNode: string | null
    /** Where the servers of this run keep their files. */
    serverStorage: 'folder' | 's3'
    /** The bucket of `s3`; null: each server has its folder. */
    bucket: string | null
    /** The folder of the cluster that servers begin with. */
    clusterTemplate: string
  }
}

const checkout = fileURLToPath(new URL('../../', import.meta.url))
const sources = ['src', 'package.json', 'tsconfig.json', 'tsconfig.build.json']

/** Builds the server unless it is built, and makes the cluster and the bucket that the servers of the run begin with. */
export default async function setup(project: TestProject) {
  if (!(await isBuilt())) await promisify(execFile)('npm', ['run', 'build'], { cwd: checkout })
  project.provide('clusterTemplate', await clusterTemplate())
  if (project.config.provide.serverStorage === 'folder') {
    project.provide('bucket', null)
    return undefined
  }
  if (!testStore) throw new Error(`There is no object store for the servers. ${howToGetAStore}`)
  const bucket = await makeBucket(testStore)
  project.provide('bucket', bucket.name)
  return () => bucket.drop()
}

/** Whether nothing has changed since the last build; a folder changes when a file of it goes. */
async function isBuilt() {
  const built = await changedAt('dist/server.js').catch(() => 0)
  for (const source of sources) {
    const below = source === 'src' ? await readdir(join(checkout, source), { recursive: true }) : []
    for (const path of [source, ...below.map((name) => join(source, name))]) {
      if ((await changedAt(path)) > built) return false
    }
  }
  return true
}

const changedAt = async (path: string) => (await stat(join(checkout, path))).mtimeMs
