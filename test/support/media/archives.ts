import { crc32, deflateRawSync } from 'node:zlib'

type Content = string | Buffer

/** A file of an archive: its name, its content, and whether it is stored as it is. */
type Entry = readonly [name: string, content: Content, stored?: 'stored']

/** A ZIP with these files. */
export function zipOf(...entries: readonly Entry[]): Buffer {
  const [files, directory] = [[] as Buffer[], [] as Buffer[]]
  let at = 0
  for (const [name, content, stored] of entries) {
    const bytes = Buffer.from(content)
    const packed = stored ? bytes : deflateRawSync(bytes)
    const shared = Buffer.alloc(26)
    shared.writeUInt16LE(20, 0)
    shared.writeUInt16LE(stored ? 0 : 8, 4)
    shared.writeUInt32LE(crc32(bytes), 10)
    shared.writeUInt32LE(packed.length, 14)
    shared.writeUInt32LE(bytes.length, 18)
    shared.writeUInt16LE(Buffer.byteLength(name), 22)
    const place = Buffer.alloc(14)
    place.writeUInt32LE(at, 10)
    files.push(Buffer.from('PK\x03\x04'), shared, Buffer.from(name), packed)
    // Between the shared numbers and the place: nothing of length, disk and attributes.
    directory.push(Buffer.from('PK\x01\x02\x14\x00'), shared, place, Buffer.from(name))
    at += 30 + Buffer.byteLength(name) + packed.length
  }
  return Buffer.concat([...files, ...directory, endOf(entries.length, Buffer.concat(directory).length, at)])
}

/** The record at the end of an archive. */
export function endOf(count: number, directoryBytes: number, directoryAt: number): Buffer {
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(count, 8)
  end.writeUInt16LE(count, 10)
  end.writeUInt32LE(directoryBytes, 12)
  end.writeUInt32LE(directoryAt, 16)
  return end
}

const mainTypes = {
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  pptx: 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
  docm: 'application/vnd.ms-word.document.macroEnabled',
} as const

/** A document of Microsoft Office since 2007. */
export const officeFile = (kind: keyof typeof mainTypes, words = kind as string): Buffer =>
  zipOf(
    [
      '[Content_Types].xml',
      `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Types><Default Extension="xml" ContentType="application/xml"/>
      <Override PartName="/main.xml" ContentType="${mainTypes[kind]}.main+xml"/></Types>`,
    ],
    ['_rels/.rels', '<Relationships/>'],
    ['main.xml', `<document>${words}</document>`],
  )

/** A document of OpenDocument, or a book. */
export const statedFile = (mimeType: string, words = mimeType): Buffer =>
  zipOf(['mimetype', mimeType, 'stored'], ['content.xml', `<p>${words}</p>`])

const freeSector = 0xff_ff_ff_ff
const endOfChain = 0xff_ff_ff_fe

/** A stream in a file of sectors, or a storage with streams. */
type Named = string | readonly [name: string, ...inside: readonly string[]]

/** An entry of the list of streams: its type, its sibling and the first of those inside it. */
function directoryEntry(name: string, type: number, sibling: number, child: number) {
  const entry = Buffer.alloc(128)
  entry.write(name, 'utf16le')
  entry.writeUInt16LE(name.length * 2 + 2, 64)
  entry[66] = type
  entry.writeUInt32LE(freeSector, 68)
  entry.writeUInt32LE(sibling, 72)
  entry.writeUInt32LE(child, 76)
  return entry
}

function directoryOf(names: readonly Named[]): Buffer {
  const entries = [directoryEntry('Root Entry', 5, freeSector, 1)]
  const inside: (() => void)[] = []
  names.forEach((named, index) => {
    const [name, ...below] = typeof named === 'string' ? [named] : named
    const sibling = index + 1 < names.length ? index + 2 : freeSector
    entries.push(directoryEntry(name, below.length > 0 ? 1 : 2, sibling, freeSector))
    inside.push(() => {
      if (below.length > 0) entries[index + 1]?.writeUInt32LE(entries.length, 76)
      below.forEach((one, at) =>
        entries.push(
          directoryEntry(one, 2, at + 1 < below.length ? entries.length + 1 : freeSector, freeSector),
        ),
      )
    })
  })
  for (const add of inside) add()
  const bytes = Buffer.concat(entries)
  return Buffer.concat([bytes, Buffer.alloc(512 - (bytes.length % 512))])
}

/** A file of sectors of 512 bytes (Compound File Binary) with these streams, whose list comes after `before` sectors. */
export function sectorFile(names: readonly Named[], before = 0): Buffer {
  const directory = directoryOf(names)
  const sectors = directory.length / 512
  // The tables and lists have numbers too.
  const tables = Math.ceil((before * 1.02 + sectors + 8) / 128)
  const lists = Math.max(0, Math.ceil((tables - 109) / 127))
  const first = tables + lists + before
  const table = Buffer.alloc(tables * 512, 0xff)
  for (let index = 0; index < sectors; index += 1)
    table.writeUInt32LE(index + 1 < sectors ? first + index + 1 : endOfChain, (first + index) * 4)
  const header = Buffer.alloc(512, 0xff)
  header.fill(0, 0, 76)
  header.write('d0cf11e0a1b11ae1', 'hex')
  header.writeUInt16LE(9, 30)
  header.writeUInt32LE(first, 48)
  header.writeUInt32LE(lists > 0 ? tables : endOfChain, 68)
  const list = Buffer.alloc(lists * 512, 0xff)
  for (let part = 0; part < tables; part += 1)
    if (part < 109) header.writeUInt32LE(part, 76 + part * 4)
    else list.writeUInt32LE(part, (part - 109 + Math.floor((part - 109) / 127)) * 4)
  for (let at = 0; at < lists; at += 1)
    list.writeUInt32LE(at + 1 < lists ? tables + at + 1 : endOfChain, at * 512 + 508)
  return Buffer.concat([header, table, list, Buffer.alloc(before * 512), directory])
}
