import { transact, type Tx } from '../../db/client.ts'
import { searchOnlyColumns, type TagRow } from '../../db/rows.ts'
import { siblingWithAlias } from '../../db/tags/aliases.ts'
import { lockTagTree, siblingNamed } from '../../db/tags/tag-tree.ts'
import { assertCan } from '../../domain/access.ts'
import { Failure, InvalidInput } from '../../domain/failure.ts'
import { nameKey, NameTaken, taggingLimits, TooManyAliases } from '../../domain/tag-tree.ts'
import { InputCheck, textLimits } from '../../domain/text.ts'
import { type Ctx, newId } from '../context.ts'
import { claimKey } from '../idempotency.ts'
import { changed, type Expecting, type Keyed, primaryKey } from '../inputs.ts'
import { lockItemAt } from '../locking.ts'
import { madeBefore } from '../purged.ts'
import { indexTagNames } from '../search/index-tag-names.ts'

interface AliasInput extends Expecting {
  readonly tagId: string
  readonly name: string
}

function check({ name }: AliasInput, key?: string | null) {
  const input = new InputCheck()
  input.line('name', name, textLimits.tagName)
  input.line('idempotencyKey', key, textLimits.idempotencyKey)
  return input.failure()
}

/** The aliases of tags, be they the tags' own or from merges. */
export const aliasRowsOf = (tx: Tx, workspaceId: string, tagIds: readonly string[]) =>
  tx.tagAlias.findMany({ where: { workspaceId, tagId: { in: [...tagIds] } }, orderBy: { id: 'asc' } })

/** Adds an alias to a tag. An alias that a merge brought becomes the tag's own. */
export async function addTagAlias(
  ctx: Ctx,
  input: AliasInput & Keyed & { readonly allowNameOfSibling?: boolean | null | undefined },
) {
  assertCan(ctx.actor, 'edit')
  const { idempotencyKey: key, ...request } = input
  const invalid = check(input, key)
  if (invalid) return invalid

  return transact(ctx.db, async (tx) => {
    const keyed = { key, operation: 'addTagAlias', input: request, resultIds: [input.tagId] }
    const claim = await claimKey(ctx, tx, keyed)
    if (claim instanceof Failure) return claim
    if (claim) return madeBefore(ctx, tx, 'tags', claim[0])
    await lockTagTree(tx, ctx.actor.workspaceId)
    const tag = await lockItemAt(ctx, tx, 'tags', input.tagId, input.expectedVersion)
    if (tag instanceof Failure) return tag
    const aliases = await aliasRowsOf(tx, tag.workspaceId, [tag.id])
    const same = aliases.filter(({ name }) => nameKey(name) === nameKey(input.name))
    if (same.some(({ mergedFrom }) => mergedFrom === null)) return tag
    const problem =
      aliasProblem(tag, input.name, same.length > 0 ? [] : aliases.map(({ name }) => name)) ??
      (input.allowNameOfSibling === true ? undefined : await siblingProblem(tx, tag, input.name))
    return problem ?? addAlias(ctx, tx, tag, input.name)
  })
}

/** Why a tag with other aliases cannot have a further one. */
function aliasProblem(tag: TagRow, name: string, others: readonly string[]) {
  if (nameKey(name) === nameKey(tag.name))
    return new InvalidInput([{ path: 'name', message: 'The tag itself has this name. Give another one.' }])
  const { aliasesPerTag } = taggingLimits
  return new Set(others.map(nameKey)).size >= aliasesPerTag
    ? new TooManyAliases(tag, aliasesPerTag)
    : undefined
}

/** Fails if a sibling has the name, as its own or as an alias. */
async function siblingProblem(tx: Tx, { workspaceId, id, parentId }: TagRow, name: string) {
  const key = nameKey(name)
  const named = await siblingNamed(tx, { id, workspaceId }, parentId, key)
  if (named) return new NameTaken<TagRow>(named)
  const known = await siblingWithAlias(tx, workspaceId, parentId, key, id)
  return known && new NameTaken<TagRow>(known, { aliasOf: name, allow: 'allowNameOfSibling' })
}

async function addAlias(ctx: Ctx, tx: Tx, tag: TagRow, name: string) {
  const { workspaceId, id: tagId } = tag
  await tx.tagAlias.create({
    data: { workspaceId, id: newId(), tagId, name, nameKey: nameKey(name), createdAt: ctx.now() },
  })
  return renamed(ctx, tx, tag)
}

/** Counts the change, and lets both searches find the tag by its names. */
async function renamed(ctx: Ctx, tx: Tx, tag: TagRow) {
  const row = await tx.tag.update({ where: primaryKey(tag), data: changed(ctx), omit: searchOnlyColumns })
  await indexTagNames(ctx, tx, [tag.id])
  return row
}

/** Removes an alias from a tag, wherever it comes from. A missing alias is not a failure. */
export async function removeTagAlias(ctx: Ctx, input: AliasInput) {
  assertCan(ctx.actor, 'edit')
  const invalid = check(input)
  if (invalid) return invalid

  return transact(ctx.db, async (tx) => {
    const { workspaceId } = ctx.actor
    await lockTagTree(tx, workspaceId)
    const tag = await lockItemAt(ctx, tx, 'tags', input.tagId, input.expectedVersion)
    if (tag instanceof Failure) return tag
    const aliases = await aliasRowsOf(tx, workspaceId, [tag.id])
    const ids = aliases.filter(({ name }) => nameKey(name) === nameKey(input.name)).map(({ id }) => id)
    if (ids.length === 0) return tag
    await tx.tagAlias.deleteMany({ where: { workspaceId, id: { in: ids } } })
    return renamed(ctx, tx, tag)
  })
}

/**
 * Fails if the name of a tag that comes below `parentId` (null: the top level) is an alias of a live tag there, unless
 * the client allows that.
 */
export async function aliasTaken(
  tx: Tx,
  tag: Pick<TagRow, 'id' | 'workspaceId' | 'name'>,
  parentId: string | null,
  allowed: boolean | null | undefined,
) {
  if (allowed === true) return undefined
  const known = await siblingWithAlias(tx, tag.workspaceId, parentId, nameKey(tag.name), tag.id)
  return known && new NameTaken<TagRow>(known, { aliasOf: tag.name, allow: 'allowAliasOfSibling' })
}
