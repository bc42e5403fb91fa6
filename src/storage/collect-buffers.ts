import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as (options: { type: 'minor' }) => void

/** The number of bytes between two collections. A collection takes about a millisecond. */
const every = 16 * 1024 * 1024

let since = 0

/**
 * Counts the bytes of all uploads together and triggers a collection of their buffers from time to time. By itself V8
 * collects only after some 64 MB have piled up, because it hardly accounts for memory outside its heap.
 */
export function collectBuffers(bytes: number) {
  since += bytes
  if (since < every) return
  since = 0
  collectGarbage({ type: 'minor' })
}
