import {
  createCheckpointMarker,
  moveCheckpointMarker,
  updateCheckpointMarker,
} from '../../usecases/library/checkpoint-markers.ts'
import { createCheckpoint, updateCheckpoint } from '../../usecases/library/checkpoints.ts'
import { connectionResolvers } from '../connection.ts'
import type { Resolvers } from '../generated.ts'
import { live, mediaIn, existing, trashOf } from './lists.ts'
import { nestedList, rootList } from './filtered-lists.ts'
import { answerWith } from './answer.ts'
import { authored } from './authored.ts'
import { referencedBy } from './references.ts'

export const checkpoints: Resolvers = {
  Query: {
    checkpoint: async (_root, { id }, { loaders }) => live(await loaders.checkpoints.load(id)),
    checkpointMarker: async (_root, { id }, { loaders }) => live(await loaders.checkpointMarkers.load(id)),
    checkpoints: rootList('checkpoints', 'REACHED_AT'),
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
    ...authored,
    book: async (checkpoint, _args, { loaders }) => existing(await loaders.books.load(checkpoint.bookId)),
    markers: nestedList('checkpoint_markers', 'POSITION'),
    referencedBy: referencedBy('CHECKPOINT'),
    trash: trashOf,
  },
  CheckpointMarker: {
    ...authored,
    checkpoint: async (marker, _args, { loaders }) =>
      existing(await loaders.checkpoints.load(marker.checkpointId)),
    images: mediaIn('MARKER_IMAGE'),
    trash: trashOf,
  },
  CheckpointConnection: connectionResolvers(),
  CheckpointMarkerConnection: connectionResolvers(),
}
