import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as (options: { type: 'minor' }) => void

/** How many bytes go by between two collections. One takes about a millisecond. */
const every = 16 * 1024 * 1024

let since = 0

/**
 * Is told how many bytes came, of all uploads together, and has the buffers that they came in collected from time to time. Left alone V8
 * does so when some 64 MB of them have piled up, since it hardly sees what lies outside its heap.
 */
export function collectBuffers(bytes: number) {
  since += bytes
  if (since < every) return
  since = 0
  collectGarbage({ type: 'minor' })
}
