import type { Ctx } from '../../../src/usecases/context.ts'
import { attachMedia } from '../../../src/usecases/media/attach-media.ts'
import { updateMedia } from '../../../src/usecases/media/update-media.ts'
import {
  buildBlock,
  buildBook,
  buildCheckpoint,
  buildMarker,
  buildPicture,
  buildShelf,
  buildTag,
  coverOf,
  imagesOf,
  markerImagesOf,
  succeeded,
} from '../builders.ts'
import { attach } from '../tags/tags.ts'

/** A bookshelf with a book that has everything a copy may take along; also what lies in the trash. */
export async function buildWholeBook(ctx: Ctx) {
  const shelf = await buildShelf(ctx, { name: 'Science', description: 'Old', color: '#112233' })
  const book = await buildBook(ctx, {
    bookshelfId: shelf.id,
    ...{ title: 'Rockets', summary: 'How they fly', status: 'IN_PROGRESS' },
  })
  const first = await buildBlock(ctx, {
    bookId: book.id,
    ...{ content: 'The first stage', kind: 'HEADING', attributes: { level: 2, none: null } },
  })
  const { media: picture } = await buildPicture(ctx, imagesOf(first.id), { fileName: 'stage.jpg' })
  const focalPoint = { x: 0.25, y: 1 }
  succeeded(
    await updateMedia(ctx, { mediaId: picture.id, altText: 'A stage', category: 'parts', focalPoint }),
  )
  const second = await buildBlock(ctx, {
    bookId: book.id,
    content: `See ![stage](media:${picture.id}), [the first](block:${first.id}), [all](book:${book.id}) and [x](media:${shelf.id}).`,
  })
  const { media: cover } = succeeded(
    await attachMedia(ctx, { mediaId: picture.id, slot: coverOf('BOOK', book.id) }),
  )
  const { media: shelfCover } = await buildPicture(ctx, coverOf('BOOKSHELF', shelf.id))
  const checkpoint = await buildCheckpoint(ctx, {
    bookId: book.id,
    title: 'Draft',
    reachedAt: new Date(1e12),
  })
  const marker = await buildMarker(ctx, { checkpointId: checkpoint.id, title: 'Chapter one' })
  const { media: markerImage } = await buildPicture(ctx, markerImagesOf(marker.id))
  const [tag, shelfTag] = [await buildTag(ctx), await buildTag(ctx)]
  await attach(ctx, [tag], [book, second])
  await attach(ctx, [shelfTag], [shelf])
  return {
    shelf,
    book,
    first,
    second,
    picture,
    cover,
    shelfCover,
    checkpoint,
    marker,
    markerImage,
    tag,
    shelfTag,
  }
}
