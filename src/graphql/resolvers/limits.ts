import { documentTypes } from '../../domain/document-types.ts'
import type { ConfiguredLimits } from '../../domain/limits.ts'
import { maxBytesOf, supportedTypes } from '../../domain/media-types.ts'
import { pageLimits } from '../../domain/page.ts'
import { perCall } from '../../domain/restore.ts'
import { taggingLimits } from '../../domain/tag-tree.ts'
import { attributeLimits, textLimits } from '../../domain/text.ts'
import { maxSelection } from '../../usecases/library/selections.ts'
import type { Limits, Resolvers } from '../generated.ts'

/**
 * The field of `Limits` for each configured limit; null for those that concern only operators. A new limit does not
 * compile without a line here.
 */
export const fieldOfLimit = {
  imageBytes: 'imageBytes',
  imagePixels: 'imagePixels',
  decoderBytes: null,
  videoBytes: 'videoBytes',
  documentBytes: 'documentBytes',
  filesPerOwner: 'filesPerOwner',
  batchFiles: 'filesPerBatch',
  batchTurns: null,
  retentionDays: 'retentionDays',
  auditDays: null,
  tagLevels: 'tagLevels',
  blockRevisions: 'blockRevisions',
  purgeItems: null,
  purgeBytes: null,
  purgePercent: null,
  removalWaitMs: null,
} as const satisfies Record<keyof ConfiguredLimits, keyof Limits | null>

type Shown = {
  [Name in keyof typeof fieldOfLimit]: (typeof fieldOfLimit)[Name] extends null ? never : Name
}[keyof typeof fieldOfLimit]

/** The configured limits by the names of their fields. */
const configured = (limits: Pick<ConfiguredLimits, Shown>) =>
  Object.fromEntries(
    Object.entries(fieldOfLimit).flatMap(([name, field]) => (field ? [[field, limits[name as Shown]]] : [])),
  ) as Record<Exclude<(typeof fieldOfLimit)[Shown], null>, number>

const { tagsPerEntity, aliasesPerTag, tagsPerCall, entitiesPerCall } = taggingLimits

export const limits: Resolvers = {
  Query: {
    limits: (_root, _args, { limits: given, maxQueryCost }) => {
      const { imageBytes, videoBytes, documentBytes, ...numbers } = configured(given)
      return {
        ...numbers,
        imageBytes: BigInt(imageBytes),
        videoBytes: BigInt(videoBytes),
        documentBytes: BigInt(documentBytes),
        svgBytes: BigInt(maxBytesOf({ mimeType: 'image/svg+xml', form: 'picture' }, given)),
        imageTypes: supportedTypes('pictures', []),
        videoTypes: supportedTypes('videos', []),
        documentTypes: given.documents.map((name) => documentTypes[name]),
        tagsPerObject: tagsPerEntity,
        aliasesPerTag,
        texts: {
          ...textLimits,
          attributesBytes: attributeLimits.bytes,
          attributesLevels: attributeLimits.depth,
        },
        calls: {
          pageSize: pageLimits.max,
          defaultPageSize: pageLimits.default,
          items: maxSelection,
          deletions: perCall,
          tags: tagsPerCall,
          taggedObjects: entitiesPerCall,
        },
        queryCost: maxQueryCost,
      }
    },
  },
}
