import { transact, type Tx } from '../../db/client.ts'
import { searchOnlyColumns, type TagRow } from '../../db/rows.ts'
import { heightsOf, lockSubtrees, lockTagTree, moveSubtrees, siblingNamed } from '../../db/tags/tag-tree.ts'
import { assertCan } from '../../domain/access.ts'
import { Failure, InvalidInput } from '../../domain/failure.ts'
import { lucideIcon } from '../../domain/lucide-icons.ts'
import {
  ancestorsBelow,
  defaultTagColor,
  depthProblem,
  nameKey,
  NameTaken,
  placeProblem,
} from '../../domain/tag-tree.ts'
import { InputCheck, isUuid, textLimits } from '../../domain/text.ts'
import type { Ctx } from '../context.ts'
import { createOnce } from '../create-once.ts'
import {
  changed,
  created,
  type Expecting,
  given,
  type Keyed,
  named,
  type Optional,
  primaryKey,
  writtenNow,
} from '../inputs.ts'
import { lockItem, lockItemAt } from '../locking.ts'
import { indexTagNames } from '../search/index-tag-names.ts'
import { aliasTaken } from './tag-aliases.ts'

type Fields = Pick<TagRow, 'name' | 'description' | 'color' | 'icon'>

interface NameChoice {
  /** Allows a name that is an alias of a sibling. */
  readonly allowAliasOfSibling?: boolean | null | undefined
}

function check({ name, description, color, icon }: Optional<Fields>, key?: string | null) {
  const input = new InputCheck()
  input.present('name', name)
  input.present('color', color)
  input.line('name', name, textLimits.tagName)
  input.text('description', description, textLimits.description)
  if (icon != null && lucideIcon(icon) === undefined)
    input.refuse('icon', 'Give the name of a Lucide icon from https://lucide.dev/icons, e.g. "book-open".')
  input.line('idempotencyKey', key, textLimits.idempotencyKey)
  return input.failure()
}

/** A checked icon as it is stored: by its name in kebab case. Null is none, undefined was not given. */
const storedIcon = (icon: string | null | undefined) => (icon == null ? icon : lucideIcon(icon))

/** Fails if another live tag below `parentId` (null: at the top level) has the name. */
export async function nameProblem(
  tx: Tx,
  tag: { readonly id: string; readonly workspaceId: string; readonly name: string },
  parentId: string | null,
) {
  const existing = await siblingNamed(tx, tag, parentId, nameKey(tag.name))
  return existing && new NameTaken<TagRow>(existing)
}

/** Why a tag cannot get another name where it is. */
async function renameProblem(tx: Tx, tag: TagRow, name: string, { allowAliasOfSibling }: NameChoice) {
  const isSame = nameKey(name) === nameKey(tag.name)
  return (
    (await nameProblem(tx, { ...tag, name }, tag.parentId)) ??
    (await aliasTaken(tx, { ...tag, name }, tag.parentId, isSame || allowAliasOfSibling))
  )
}

/** Locks the live tag that will be the parent; null is the top level. */
const lockParent = async (ctx: Ctx, tx: Tx, parentId: string | null | undefined) =>
  parentId == null ? null : lockItem(ctx, tx, 'tags', parentId)

export async function createTag(
  ctx: Ctx,
  input: Optional<Fields> & { name: string; parentId?: string | null | undefined } & NameChoice & Keyed,
) {
  assertCan(ctx.actor, 'edit')
  const { idempotencyKey: key, allowAliasOfSibling, ...fields } = input
  const invalid = check(input, key)
  if (invalid) return invalid

  // A request that does not insist is the same as before there was the choice.
  const request = allowAliasOfSibling === true ? { ...fields, allowAliasOfSibling } : fields
  const keyed = { key, operation: 'createTag', input: request, table: 'tags' } as const
  return createOnce(ctx, keyed, async (tx, id) => {
    const { workspaceId } = ctx.actor
    await lockTagTree(tx, workspaceId)
    const parent = await lockParent(ctx, tx, input.parentId)
    if (parent instanceof Failure) return parent
    const { name, description = null } = input
    const tag = { workspaceId, id, ...named(name) }
    const problem =
      depthProblem(parent, 1, ctx.limits.tagLevels) ??
      (await nameProblem(tx, tag, parent?.id ?? null)) ??
      (await aliasTaken(tx, { ...tag, name }, parent?.id ?? null, allowAliasOfSibling))
    if (problem) return problem
    const row = await tx.tag.create({
      data: {
        ...tag,
        nameKey: nameKey(name),
        parentId: parent?.id ?? null,
        ancestorIds: ancestorsBelow(parent),
        description,
        color: input.color ?? defaultTagColor,
        icon: storedIcon(input.icon) ?? null,
        ...created(ctx),
      },
      omit: searchOnlyColumns,
    })
    await indexTagNames(ctx, tx, [id])
    return row
  })
}

export async function updateTag(
  ctx: Ctx,
  input: { tagId: string } & Optional<Fields> & NameChoice & Expecting,
) {
  assertCan(ctx.actor, 'edit')
  const invalid = check(input)
  if (invalid) return invalid

  return transact(ctx.db, async (tx) => {
    await lockTagTree(tx, ctx.actor.workspaceId)
    const tag = await lockItemAt(ctx, tx, 'tags', input.tagId, input.expectedVersion)
    if (tag instanceof Failure) return tag
    // A tag whose name a sibling has as well, from before that was refused, may keep it.
    const name = input.name == null || input.name === tag.name ? undefined : input.name
    const problem = name === undefined ? undefined : await renameProblem(tx, tag, name, input)
    if (problem) return problem
    const { description } = input
    const data = {
      ...given({ ...named(name), nameKey: name === undefined ? undefined : nameKey(name) }),
      color: input.color ?? tag.color,
      ...given({ description, icon: storedIcon(input.icon) }),
      ...changed(ctx),
    }
    const row = await tx.tag.update({ where: primaryKey(tag), data, omit: searchOnlyColumns })
    if (row.name !== tag.name || row.description !== tag.description) await indexTagNames(ctx, tx, [tag.id])
    return row
  })
}

interface TagPlace {
  readonly parentId?: string | null | undefined
  readonly topLevel?: boolean | null | undefined
}

/** Why the place to move a tag to is missing or ambiguous. */
function tagPlaceProblem({ parentId, topLevel }: TagPlace) {
  if ((parentId != null) !== (topLevel === true)) return undefined
  const message = 'Give the tag a new parent with `parentId`, or `topLevel: true`, and not both.'
  return new InvalidInput([{ path: 'parentId', message }])
}

/** Moves a tag with everything below it, below another tag or to the top level. */
export async function moveTag(ctx: Ctx, input: { tagId: string } & TagPlace & NameChoice & Expecting) {
  assertCan(ctx.actor, 'edit')
  const misplaced = tagPlaceProblem(input)
  if (misplaced) return misplaced
  return transact(ctx.db, async (tx) => {
    const { workspaceId } = ctx.actor
    await lockTagTree(tx, workspaceId)
    await lockSubtrees(tx, workspaceId, [input.tagId].filter(isUuid), [input.parentId ?? ''].filter(isUuid))
    const tag = await lockItemAt(ctx, tx, 'tags', input.tagId, input.expectedVersion)
    if (tag instanceof Failure) return tag
    const parent = await lockParent(ctx, tx, input.parentId)
    if (parent instanceof Failure) return parent
    const parentId = parent?.id ?? null
    if (parentId === tag.parentId) return tag
    const heights = await heightsOf(tx, tag.workspaceId, [tag.id])
    const problem =
      placeProblem(tag.id, parent, heights.get(tag.id) ?? 1, ctx.limits.tagLevels) ??
      (await nameProblem(tx, tag, parentId)) ??
      (await aliasTaken(tx, tag, parentId, input.allowAliasOfSibling))
    if (problem) return problem
    await moveSubtrees(tx, tag.workspaceId, [{ id: tag.id, parentId }], writtenNow(ctx))
    return tx.tag.findUniqueOrThrow({ where: primaryKey(tag), omit: searchOnlyColumns })
  })
}
