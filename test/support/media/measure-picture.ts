/** Probes and decodes a picture as a server does, and prints the time and by how much the memory of this process grew. */
import { readFile, stat } from 'node:fs/promises'
import { limitsOf } from '../../../src/app.ts'
import { readConfig } from '../../../src/config.ts'
import { decodePicture, probePicture } from '../../../src/probes/image.ts'

const [path = '', mimeType = '', warm = ''] = process.argv.slice(2)

/** The most memory that this process has had so far, in bytes. */
const peak = async () =>
  Number(/^VmHWM:\s+(\d+) kB/m.exec(await readFile('/proc/self/status', 'utf8'))?.[1]) * 1024

const limits = limitsOf(readConfig({}))
await probePicture({ path: warm, mimeType: 'image/jpeg', sizeBytes: (await stat(warm)).size }, limits)
const file = { path, mimeType, sizeBytes: (await stat(path)).size }
const [before, start] = [await peak(), performance.now()]
const facts = await probePicture(file, limits)
const decoded = await decodePicture(file, limits)
const milliseconds = Math.round(performance.now() - start)
const grownBytes = (await peak()) - before
const seen = 'pixels' in decoded ? { width: decoded.width, height: decoded.height } : decoded
console.log(JSON.stringify({ milliseconds, grownBytes, facts, seen }))
