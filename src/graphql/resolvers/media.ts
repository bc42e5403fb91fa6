import type { NarrowRow, RowFor } from '../../db/selections.ts'
import { Failure } from '../../domain/failure.ts'
import { slotOf, slotPolicy } from '../../domain/slots.ts'
import { squarePath } from '../../domain/squares.ts'
import { hasPicture, type Recipe, recipes, thumbnailSize } from '../../domain/thumbnails.ts'
import { attachMedia } from '../../usecases/media/attach-media.ts'
import { moveMedia } from '../../usecases/media/move-media.ts'
import { updateMedia } from '../../usecases/media/update-media.ts'
import { uploadMedia } from '../../usecases/media/upload-media.ts'
import type { GraphQLContext } from '../context.ts'
import type { Resolvers } from '../generated.ts'
import { madeField } from '../made-field.ts'
import { withUpload } from '../uploads.ts'
import { answerWith } from './answer.ts'
import { authored } from './authored.ts'
import { uploadResult } from './uploads.ts'
import { live, existing, trashOf } from './lists.ts'
import { mediaUrl } from './media-url.ts'
import { nodeOfKind } from './nodes.ts'
import { referencedBy } from './references.ts'

function kindOf(row: NarrowRow<'media'>) {
  const policy = slotPolicy(slotOf(row))
  if (policy instanceof Failure) throw new Error(policy.message)
  return policy.kind
}

/** A thumbnail of a media item. */
export interface VariantOf {
  readonly media: RowFor<'media', 'variants'>
  readonly recipe: Recipe
}

function sizeOf({ media: { width, height, mimeType }, recipe }: VariantOf) {
  return width === null || height === null ? null : thumbnailSize({ width, height, mimeType }, recipe.maxSide)
}

export const media: Resolvers = {
  Query: {
    media: async (_root, { id }, { loaders }) => live(await loaders.media.load(id)),
  },
  Mutation: {
    uploadMedia: async (_root, { input: { file, ...input } }, ctx) =>
      uploadResult(await withUpload(ctx.files, file, (upload) => uploadMedia(ctx, { ...upload, ...input }))),
    attachMedia: answerWith('AttachMedia', attachMedia, (attached) => attached),
    moveMedia: answerWith('MoveMedia', moveMedia, (moved) => moved),
    updateMedia: answerWith('UpdateMedia', updateMedia, (updated) => updated),
  },
  Media: {
    ...authored,
    kind: kindOf,
    mediaKind: kindOf,
    owner: async (row, _args, ctx) => {
      const { ownerType, ownerId } = slotOf(row)
      return existing(await nodeOfKind(ctx, ownerType, ownerId))
    },
    url: (row, _args, ctx) => mediaUrl(row, ctx),
    thumbnailUrl: madeField('media', 'thumbnailUrl', (row, _args: unknown, ctx: GraphQLContext) =>
      hasPicture(row) ? mediaUrl(row, ctx, 'thumbnail') : null,
    ),
    squareUrl: madeField('media', 'squareUrl', async (row, _args: unknown, ctx: GraphQLContext) =>
      hasPicture(row) ? squarePath(await mediaUrl(row, ctx, 'square'), row) : null,
    ),
    variants: madeField('media', 'variants', (row) =>
      hasPicture(row) ? recipes.map((recipe) => ({ media: row, recipe })) : [],
    ),
    file: madeField('media', 'file', async ({ blobId }, _args: unknown, { loaders }: GraphQLContext) =>
      existing(await loaders.storedFiles.load(blobId)),
    ),
    focalPoint: madeField('media', 'focalPoint', ({ focalX, focalY }) =>
      focalX === null || focalY === null ? null : { x: focalX, y: focalY },
    ),
    processing: madeField('media', 'processing', ({ processingStatus, processingFailure }) => ({
      status: processingStatus,
      failureMessage: processingFailure,
    })),
    referencedBy: referencedBy('MEDIA'),
    trash: trashOf,
  },
  MediaVariant: {
    name: ({ recipe }) => recipe.name,
    width: (variant) => sizeOf(variant)?.width ?? null,
    height: (variant) => sizeOf(variant)?.height ?? null,
    url: ({ media, recipe }, _args, ctx) => mediaUrl(media, ctx, recipe.name),
  },
}
