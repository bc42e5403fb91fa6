import type { TestProject } from 'vitest/node'
import { howToGetAStore, makeBucket, testStore } from './object-store.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The bucket in which the servers of this run keep their files; null: each in its folder. */
    bucket: string | null
  }
}

/** Makes the bucket of a run of the end-to-end tests with WORDLOOM_TEST_STORAGE=s3. */
export default async function setup(project: TestProject) {
  if (process.env['WORDLOOM_TEST_STORAGE'] !== 's3') {
    project.provide('bucket', null)
    return undefined
  }
  if (!testStore) throw new Error(`There is no object store for WORDLOOM_TEST_STORAGE=s3. ${howToGetAStore}`)
  const bucket = await makeBucket(testStore)
  project.provide('bucket', bucket.name)
  return () => bucket.drop()
}
