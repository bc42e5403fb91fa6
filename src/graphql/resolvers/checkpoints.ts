import {
  createCheckpointMarker,
  moveCheckpointMarker,
  updateCheckpointMarker,
} from '../../usecases/library/checkpoint-markers.ts'
import { createCheckpoint, updateCheckpoint } from '../../usecases/library/checkpoints.ts'
import { connectionResolvers, pageOf } from '../connection.ts'
import type { Resolvers } from '../generated.ts'
import { conditionsOf } from '../../db/conditions.ts'
import { childOrders, chosenOrder } from '../../db/orders.ts'
import { listOf, live, mediaIn, existing, trashOf } from './lists.ts'
import { answerWith } from './answer.ts'
import { referencedBy } from './references.ts'

const markerOrder = childOrders.checkpoint_markers

export const checkpoints: Resolvers = {
  Query: {
    checkpoint: async (_root, { id }, { loaders }) => live(await loaders.checkpoints.load(id)),
    checkpointMarker: async (_root, { id }, { loaders }) => live(await loaders.checkpointMarkers.load(id)),
    checkpoints: async (_root, { where, orderBy, ...args }, ctx) => {
      const { field, direction } = orderBy ?? { field: 'REACHED_AT', direction: 'ASC' }
      const order = chosenOrder('checkpoints', field, direction)
      const { bookId, reachedSince, reachedBefore, updatedSince } = where ?? {}
      const conditions = conditionsOf('checkpoints', { bookId, reachedSince, reachedBefore, updatedSince })
      return listOf(ctx, 'checkpoints', conditions, order, args)
    },
  },
  Mutation: {
    createCheckpoint: answerWith('CreateCheckpoint', createCheckpoint, (checkpoint) => ({ checkpoint })),
    updateCheckpoint: answerWith('UpdateCheckpoint', updateCheckpoint, (checkpoint) => ({ checkpoint })),
    createCheckpointMarker: answerWith('CreateCheckpointMarker', createCheckpointMarker, (marker) => ({
      checkpointMarker: marker,
    })),
    updateCheckpointMarker: answerWith('UpdateCheckpointMarker', updateCheckpointMarker, (marker) => ({
      checkpointMarker: marker,
    })),
    moveCheckpointMarker: answerWith('MoveCheckpointMarker', moveCheckpointMarker, (marker) => ({
      checkpointMarker: marker,
    })),
  },
  Checkpoint: {
    book: async (checkpoint, _args, { loaders }) => existing(await loaders.books.load(checkpoint.bookId)),
    markers: async (checkpoint, args, { loaders }, info) => ({
      order: markerOrder,
      page: await loaders.markersOfCheckpoint(pageOf(args, markerOrder), checkpoint.id, info),
      count: () => loaders.markerCount.load(checkpoint.id),
    }),
    referencedBy: referencedBy('CHECKPOINT'),
    trash: trashOf,
  },
  CheckpointMarker: {
    checkpoint: async (marker, _args, { loaders }) =>
      existing(await loaders.checkpoints.load(marker.checkpointId)),
    images: mediaIn('MARKER_IMAGE'),
    trash: trashOf,
  },
  CheckpointConnection: connectionResolvers(),
  CheckpointMarkerConnection: connectionResolvers(),
}
