import { mediaOfOwners } from '../../db/lookup.ts'
import type { MediaRow, ShareLinkRow } from '../../db/rows.ts'
import { hasPicture, recipes, thumbnailSize } from '../../domain/thumbnails.ts'
import type { Services } from '../context.ts'

/** An opened share link, and what its pages are made with. */
export interface Sharing extends Pick<Services, 'db' | 'now' | 'mediaUrls'> {
  readonly link: ShareLinkRow
  /** The URL at which clients reach the server, without a trailing slash. */
  readonly publicUrl: string
}

export interface SharedPicture {
  readonly url: string
  readonly width: number | null
  readonly height: number | null
}

/** A file as a share link shows it. */
export interface SharedFile {
  readonly id: string
  readonly fileName: string
  readonly altText: string | null
  readonly caption: string | null
  readonly mimeType: string
  /** The original; null when the link does not allow downloads. */
  readonly url: string | null
  /** Thumbnails, smallest first; none if no picture can be made of it. */
  readonly pictures: readonly SharedPicture[]
}

const fields = ['fileName', 'altText', 'caption', 'mimeType', 'width', 'height', 'placeholder'] as const
type ShownRow = Pick<MediaRow, 'id' | 'workspaceId' | (typeof fields)[number]>

/** The thumbnails that a link shows. */
const shownRecipes = recipes.filter(({ name }) => name === 'medium' || name === 'preview')

/** A media item that lies in the shared item. Its URLs are signed, each for one file alone. */
export async function sharedFile(
  { link, mediaUrls, publicUrl }: Sharing,
  media: ShownRow,
): Promise<SharedFile> {
  const { id, workspaceId, width, height, mimeType, fileName, altText, caption } = media
  const urlOf = async (variant?: string) =>
    publicUrl + (await mediaUrls.sign({ id, workspaceId, variant, trashed: false }))
  const pictures = shownRecipes.map(async ({ name, maxSide }) => ({
    ...(width && height ? thumbnailSize({ width, height, mimeType }, maxSide) : { width, height }),
    url: await urlOf(name),
  }))
  return {
    ...{ id, fileName, altText, caption, mimeType },
    url: link.allowsDownloads ? await urlOf() : null,
    pictures: hasPicture(media) ? await Promise.all(pictures) : [],
  }
}

/** The covers of bookshelves and books, by the ID of the owner. */
export async function coversOf(sharing: Sharing, ownerIds: readonly string[]) {
  const rows = await mediaOfOwners(sharing.db, 'COVER', sharing.link.workspaceId, ownerIds, fields)
  const covers = new Map<string, SharedFile>()
  for (const row of rows) covers.set(row.bookId ?? row.bookshelfId ?? '', await sharedFile(sharing, row))
  return covers
}

/** The files in the slots of blocks, by the ID of the block. */
export async function filesOfBlocks(sharing: Sharing, blockIds: readonly string[]) {
  const files = new Map<string, SharedFile[]>(blockIds.map((id) => [id, []]))
  for (const role of ['IMAGE', 'VIDEO', 'ATTACHMENT'] as const) {
    const rows = await mediaOfOwners(sharing.db, role, sharing.link.workspaceId, blockIds, fields)
    for (const row of rows) files.get(row.blockId ?? '')?.push(await sharedFile(sharing, row))
  }
  return files
}
