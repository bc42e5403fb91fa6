import { documentTypes } from '../../domain/document-types.ts'
import type { FileBytes } from '../structure/file-bytes.ts'

/** How many sectors of the list of streams are read. An office document has about ten. */
const maxSectors = 1_000

const entryBytes = 128

/** Numbers from here on are no sectors. */
const lastSector = 0xff_ff_ff_fa

/** The stream at the top of a document that tells its type. */
const streams: Readonly<Record<string, string>> = {
  WordDocument: documentTypes.doc,
  Workbook: documentTypes.xls,
  Book: documentTypes.xls,
  'PowerPoint Document': documentTypes.ppt,
}

/** A file made of sectors, as the office documents before 2007 are (Compound File Binary). */
class Sectors {
  readonly #file: FileBytes
  readonly #head: Buffer
  readonly size: number

  constructor(file: FileBytes, head: Buffer) {
    this.#file = file
    this.#head = head
    this.size = head.readUInt16LE(30) === 12 ? 4096 : 512
  }

  read(sector: number): Promise<Buffer> {
    return this.#file.read((sector + 1) * this.size, this.size)
  }

  /** The sector with that part of the table of sectors. The first 109 are in the header, others in a chain. */
  async #tableSector(part: number): Promise<number> {
    if (part < 109) return this.#head.readUInt32LE(76 + part * 4)
    const perSector = this.size / 4 - 1
    let sector = this.#head.readUInt32LE(68)
    for (let skipped = Math.floor((part - 109) / perSector); skipped > 0; skipped -= 1) {
      if (sector >= lastSector || skipped > maxSectors) return lastSector
      sector = await this.#number(sector, perSector)
    }
    return sector >= lastSector ? lastSector : this.#number(sector, (part - 109) % perSector)
  }

  async #number(sector: number, index: number): Promise<number> {
    const bytes = await this.read(sector)
    return index * 4 + 4 <= bytes.length ? bytes.readUInt32LE(index * 4) : lastSector
  }

  /** The sector that follows one in its chain. */
  async next(sector: number): Promise<number> {
    const perSector = this.size / 4
    const table = await this.#tableSector(Math.floor(sector / perSector))
    return table >= lastSector ? lastSector : this.#number(table, sector % perSector)
  }

  /** The list of streams. */
  async directory(): Promise<Buffer> {
    const parts: Buffer[] = []
    let sector = this.#head.readUInt32LE(48)
    while (sector < lastSector && parts.length < maxSectors) {
      parts.push(Buffer.from(await this.read(sector)))
      sector = await this.next(sector)
    }
    return Buffer.concat(parts)
  }
}

/** The type of an office document before 2007, by its streams. `application/x-cfb` if it is another file of sectors. */
export async function oleType(file: FileBytes): Promise<string> {
  const head = Buffer.from(await file.read(0, 512))
  const found = head.length === 512 ? topNames(await new Sectors(file, head).directory()) : []
  return found.map((name) => streams[name]).find((type) => type !== undefined) ?? 'application/x-cfb'
}

/** The names at the top: embedded documents have streams of the same names below it. They form a binary tree. */
function topNames(directory: Buffer): string[] {
  const names: string[] = []
  const count = Math.floor(directory.length / entryBytes)
  const waiting = count > 0 ? [directory.readUInt32LE(76)] : []
  const seen = new Set<number>()
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (id >= count || seen.has(id)) continue
    seen.add(id)
    const entry = directory.subarray(id * entryBytes, (id + 1) * entryBytes)
    const length = Math.min(Math.max(entry.readUInt16LE(64) - 2, 0), 62)
    names.push(entry.toString('utf16le', 0, length))
    waiting.push(entry.readUInt32LE(68), entry.readUInt32LE(72))
  }
  return names
}
