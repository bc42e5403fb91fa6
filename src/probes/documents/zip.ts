import { promisify } from 'node:util'
import { inflateRaw } from 'node:zlib'
import { documentTypes } from '../../domain/document-types.ts'
import type { FileBytes } from '../structure/file-bytes.ts'

const inflate = promisify(inflateRaw)

const endBytes = 22
const endSignature = Buffer.from('PK\x05\x06', 'latin1')
const entrySignature = 'PK\x01\x02'

/** The comment at the end of an archive has at most this many bytes. */
const maxComment = 65_535

/** How many files of an archive are looked at. Those that tell the type are among the first. */
const maxEntries = 10_000

/** The file that tells the type has at most this many bytes, packed and unpacked. */
const maxPacked = 256 * 1024
const maxUnpacked = 2 * 1024 ** 2

interface Entry {
  readonly name: string
  readonly isDeflated: boolean
  readonly packed: number
  /** Where its local header begins. */
  readonly at: number
}

/** Where the list of files begins. Undefined if the archive has none. */
async function directoryOf(file: FileBytes): Promise<number | undefined> {
  const start = Math.max(0, file.size - endBytes - maxComment)
  const tail = Buffer.from(await file.read(start, file.size - start))
  const end = tail.lastIndexOf(endSignature)
  if (end < 0 || end + endBytes > tail.length) return undefined
  const at = tail.readUInt32LE(end + 16)
  if (at !== 0xff_ff_ff_ff) return at
  // A large archive has its numbers in a second record, which a locator directly before the first one points to.
  const locator = await file.read(start + end - 20, 20)
  if (locator.length < 20 || locator.toString('latin1', 0, 4) !== 'PK\x06\x07') return undefined
  const record = await file.read(Number(locator.readBigUInt64LE(8)), 56)
  return record.length < 56 ? undefined : Number(record.readBigUInt64LE(48))
}

async function* entriesOf(file: FileBytes, directory: number): AsyncGenerator<Entry> {
  let at = directory
  for (let count = 0; count < maxEntries; count += 1) {
    const head = Buffer.from(await file.read(at, 46))
    if (head.length < 46 || head.toString('latin1', 0, 4) !== entrySignature) return
    const nameLength = head.readUInt16LE(28)
    const name = (await file.read(at + 46, nameLength)).toString('latin1')
    yield {
      name,
      isDeflated: head.readUInt16LE(10) === 8,
      packed: head.readUInt32LE(20),
      at: head.readUInt32LE(42),
    }
    at += 46 + nameLength + head.readUInt16LE(30) + head.readUInt16LE(32)
  }
}

/** The text of a small file in the archive; empty if it is large or damaged. */
async function textOf(file: FileBytes, { isDeflated, packed, at }: Entry): Promise<string> {
  const head = Buffer.from(await file.read(at, 30))
  if (packed > maxPacked || head.length < 30) return ''
  const bytes = await file.read(at + 30 + head.readUInt16LE(26) + head.readUInt16LE(28), packed)
  if (!isDeflated) return bytes.toString('latin1')
  return inflate(bytes, { maxOutputLength: maxUnpacked }).then(
    (text) => text.toString('latin1'),
    () => '',
  )
}

/** The types that an archive can state in a file of this name. Others are of no consequence. */
const stated = /^(application\/epub\+zip|application\/vnd\.oasis\.opendocument\.[\w.-]{1,60})$/
const officePart =
  /ContentType\s*=\s*["'](application\/vnd\.(?:openxmlformats-officedocument\.[\w.-]{1,60}|ms-[\w.-]{1,60}))\.main\+xml["']/

/**
 * The type of a file that begins as a ZIP does: that of an office document or book if the archive states one. Only the
 * list of files and the statement are read, nothing else is unpacked. Null if there is no list, so that a part of the
 * file is missing.
 */
export async function zipType(file: FileBytes): Promise<string | null> {
  const directory = await directoryOf(file)
  if (directory === undefined) return null
  for await (const entry of entriesOf(file, directory)) {
    if (entry.name === 'mimetype') {
      const type = (await textOf(file, entry)).trim()
      return stated.test(type) ? type : documentTypes.zip
    }
    if (entry.name === '[Content_Types].xml') return officeType(await textOf(file, entry))
  }
  return documentTypes.zip
}

/** The type of an office document, by that of its main part. Those with macros have types of their own. */
function officeType(contentTypes: string): string {
  const [, type = ''] = officePart.exec(contentTypes) ?? []
  if (/^application\/vnd\.ms-/.test(type)) return /macroEnabled/.test(type) ? `${type}.12` : documentTypes.zip
  return type === '' ? documentTypes.zip : type
}
