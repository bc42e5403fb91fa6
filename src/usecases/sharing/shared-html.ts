import { setImmediate as nextTurn } from 'node:timers/promises'
import { rowsById } from '../../db/lookup.ts'
import type { BlockRow } from '../../db/rows.ts'
import { type ItemInside, itemsInside } from '../../db/sharing/shared-items.ts'
import { blockHtml, type Target, type Targets } from '../../domain/markdown/block-html.ts'
import { blockTree } from '../../domain/markdown/block-tree.ts'
import { namedInTree } from '../../domain/markdown/named-items.ts'
import { referenceKey } from '../../domain/references.ts'
import { sharedFile, type SharedFile, type Sharing } from './shared-files.ts'

/** The HTML of blocks that a link shows. Between two of them, the server can do something for other requests. */
export async function htmlOf(sharing: Sharing, blocks: readonly BlockRow[]): Promise<string[]> {
  const trees: ReturnType<typeof blockTree>[] = []
  for (const block of blocks) {
    trees.push(blockTree(block))
    await nextTurn()
  }
  const ids = new Set(trees.flatMap(namedInTree).map(({ id }) => id))
  const targets = await targetsIn(sharing, [...ids])
  const converted: string[] = []
  for (const tree of trees) {
    converted.push(blockHtml(tree, targets))
    await nextTurn()
  }
  return converted
}

/** What references lead to. Those to items that the link does not show are broken, whatever they lead to. */
async function targetsIn(sharing: Sharing, ids: readonly string[]): Promise<Targets> {
  if (ids.length === 0) return new Map()
  const { db, link } = sharing
  const inside = await itemsInside(db, link, ids)
  const mediaIds = inside.flatMap(({ type, id }) => (type === 'MEDIA' ? [id] : []))
  const media = mediaIds.length === 0 ? [] : await rowsById(db, 'media', link.workspaceId, mediaIds)
  const files = new Map<string, SharedFile>()
  for (const row of media) if (row.deletionId === null) files.set(row.id, await sharedFile(sharing, row))
  return new Map(inside.map((item) => [referenceKey(item), targetOf(item, files.get(item.id))]))
}

const nameOf = ({ type, id, name }: ItemInside) => name ?? `${type} ${id}`

function targetOf(item: ItemInside, file: SharedFile | undefined): Target {
  if (item.type !== 'MEDIA') return { name: nameOf(item) }
  if (!file) return { broken: 'MISSING' }
  const { url, pictures } = file
  if (url !== null) return { media: { ...file, url } }
  const largest = pictures.at(-1)
  // Without downloads, a video is its poster, and a file without a picture only its name.
  return largest ? { media: { ...file, mimeType: 'image/webp', url: largest.url } } : { name: file.fileName }
}
