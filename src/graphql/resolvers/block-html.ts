import { setImmediate as nextTurn } from 'node:timers/promises'
import DataLoader from 'dataloader'
import type { Root } from 'hast'
import type { MediaRow, NodeRow } from '../../db/rows.ts'
import type { RowFor } from '../../db/selections.ts'
import { blockHtml, type ShownMedia, type Target, type Targets } from '../../domain/markdown/block-html.ts'
import { blockTree } from '../../domain/markdown/block-tree.ts'
import { namedInTree } from '../../domain/markdown/named-items.ts'
import { mayName, type Reference, referenceKey } from '../../domain/references.ts'
import { hasPicture, recipes, thumbnailSize } from '../../domain/thumbnails.ts'
import type { GraphQLContext } from '../context.ts'
import { madeField } from '../made-field.ts'
import { mediaUrl } from './media-url.ts'
import { targetOf } from './references.ts'

type HtmlRow = RowFor<'blocks', 'html'>

/** The thumbnails that a text shows pictures by. */
const shownRecipes = recipes.filter(({ name }) => name === 'medium' || name === 'preview')

async function shownMedia(ctx: GraphQLContext, media: MediaRow): Promise<ShownMedia> {
  const { width, height, mimeType, fileName, altText } = media
  const pictures = shownRecipes.map(async ({ name, maxSide }) => ({
    ...(width && height ? thumbnailSize({ width, height, mimeType }, maxSide) : { width, height }),
    url: await mediaUrl(media, ctx, name),
  }))
  return {
    ...{ mimeType, fileName, altText },
    url: await mediaUrl(media, ctx),
    pictures: hasPicture(media) ? await Promise.all(pictures) : [],
  }
}

/** What a link to an item shows if it has no text. */
function nameOf(item: NodeRow): string {
  if ('name' in item) return item.name
  return 'title' in item ? item.title : `${item.__typename} ${item.id}`
}

async function findTarget(ctx: GraphQLContext, reference: Reference): Promise<Target> {
  const { item, broken } = await targetOf(ctx, reference)
  if (!item) return { broken }
  return item.__typename === 'Media' ? { media: await shownMedia(ctx, item) } : { name: nameOf(item) }
}

/** The targets of all references of some trees: a statement for each type of item. */
async function targetsOf(ctx: GraphQLContext, trees: readonly Root[]): Promise<Targets> {
  const named = new Map(trees.flatMap(namedInTree).map((item) => [referenceKey(item), item]))
  return new Map(
    await Promise.all(
      [...named].map(async ([key, reference]) => [key, await findTarget(ctx, reference)] as const),
    ),
  )
}

/** Converts the blocks of one level of a query. Between two of them, the server can do something for other requests. */
async function convert(ctx: GraphQLContext, blocks: readonly HtmlRow[]): Promise<string[]> {
  const trees: Root[] = []
  for (const block of blocks) {
    trees.push(blockTree(block))
    await nextTurn()
  }
  const targets = await targetsOf(
    ctx,
    trees.filter((_tree, at) => mayName(blocks[at]?.content ?? '')),
  )
  const converted: string[] = []
  for (const tree of trees) {
    converted.push(blockHtml(tree, targets))
    await nextTurn()
  }
  return converted
}

type HtmlLoader = DataLoader<HtmlRow, string>
const loaders = new WeakMap<GraphQLContext, HtmlLoader>()

function loaderOf(ctx: GraphQLContext): HtmlLoader {
  const known = loaders.get(ctx)
  if (known) return known
  const made: HtmlLoader = new DataLoader((blocks) => convert(ctx, blocks), { cache: false })
  loaders.set(ctx, made)
  return made
}

/** What a block shows, as HTML. */
export const html = madeField('blocks', 'html', (block, _args: unknown, ctx: GraphQLContext) =>
  loaderOf(ctx).load(block),
)
