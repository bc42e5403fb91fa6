import { beforeEach, describe, expect, test } from 'vitest'
import { AccessDenied } from '../../../src/domain/access.ts'
import { taggingLimits } from '../../../src/domain/tag-tree.ts'
import { newId } from '../../../src/usecases/context.ts'
import { indexLibrary } from '../../../src/usecases/search/index-library.ts'
import { mergeTags } from '../../../src/usecases/tags/merge-tags.ts'
import { addTagAlias, removeTagAlias } from '../../../src/usecases/tags/tag-aliases.ts'
import { createTag, moveTag, updateTag } from '../../../src/usecases/tags/tags.ts'
import { restoreDeletion } from '../../../src/usecases/trash/restore.ts'
import { buildCtx, buildTag, removeTemporaryFolders, succeeded } from '../../support/builders.ts'
import { useDatabase } from '../../support/database.ts'
import { aliasesOf, tagOf } from '../../support/tags/tags.ts'
import { purge } from '../../support/trash/purging.ts'
import { restore, trash } from '../../support/trash/restoring.ts'

const database = useDatabase()
removeTemporaryFolders()
let ctx: Awaited<ReturnType<typeof buildCtx>>
beforeEach(async () => {
  ctx = await buildCtx(database.db)
})

type Thing = { id: string }
const merge = async (source: Thing, target: Thing) =>
  succeeded(await mergeTags(ctx, { sourceTagId: source.id, targetTagId: target.id })).deletion
const add = async (tag: Thing, name: string) => addTagAlias(ctx, { tagId: tag.id, name })
const remove = async (tag: Thing, name: string) => removeTagAlias(ctx, { tagId: tag.id, name })

/** As many aliases as a tag may have. */
async function fillAliases(tag: Thing, count = taggingLimits.aliasesPerTag) {
  const { workspaceId } = ctx.actor
  const names = Array.from({ length: count }, (_, index) => `alias ${index}`)
  await ctx.db.prisma.tagAlias.createMany({
    data: names.map((name) => ({
      workspaceId,
      id: newId(),
      tagId: tag.id,
      name,
      nameKey: name,
      createdAt: ctx.now(),
    })),
  })
}

describe('an alias', () => {
  test('is added once, and removed in any case, which are changes of the tag', async () => {
    const tag = await buildTag(ctx)
    ctx.clock.ms += 1_000
    expect(succeeded(await add(tag, 'Golang'))).toMatchObject({ version: 2, updatedAt: ctx.now() })
    expect(succeeded(await add(tag, 'ＧＯＬＡＮＧ'))).toMatchObject({ version: 2 })
    expect(await aliasesOf(ctx, tag)).toEqual(['Golang'])
    expect(succeeded(await remove(tag, 'golang'))).toMatchObject({ version: 3 })
    expect(succeeded(await remove(tag, 'golang'))).toMatchObject({ version: 3 })
    expect(await aliasesOf(ctx, tag)).toEqual([])
  })

  test('is not added twice by one key, and a key is for one request', async () => {
    const tag = await buildTag(ctx)
    const input = { tagId: tag.id, name: 'Golang', idempotencyKey: 'key' }
    succeeded(await addTagAlias(ctx, input))
    succeeded(await remove(tag, 'Golang'))
    expect(succeeded(await addTagAlias(ctx, input))).toMatchObject({ id: tag.id, version: 3 })
    expect(await aliasesOf(ctx, tag)).toEqual([])
    expect(await addTagAlias(ctx, { ...input, name: 'Go' })).toMatchObject({
      __typename: 'IdempotencyKeyReused',
    })
  })

  test.each([
    [' ', 'InvalidInput'],
    ['a'.repeat(101), 'InvalidInput'],
    ['a\0', 'InvalidInput'],
    ['TAG', 'InvalidInput'],
    ['sibling', 'NameTaken'],
    ['Known', 'NameTaken'],
  ])('%j is refused: %s', async (name, failure) => {
    const tag = await buildTag(ctx, { name: 'Tag' })
    const sibling = await buildTag(ctx, { name: 'Sibling' })
    succeeded(await add(sibling, 'known'))
    const result = await add(tag, name)
    expect(result).toMatchObject({ __typename: failure })
    if (failure !== 'NameTaken') return
    expect(result).toMatchObject({ existing: { id: sibling.id } })
    succeeded(await addTagAlias(ctx, { tagId: tag.id, name, allowNameOfSibling: true }))
  })

  test('may be what a tag elsewhere in the tree is called', async () => {
    const [tag, parent] = [await buildTag(ctx), await buildTag(ctx)]
    await buildTag(ctx, { name: 'Nephew', parentId: parent.id })
    succeeded(await add(tag, 'nephew'))
  })

  test('is refused for a changed tag, for one that is not live, and to a viewer', async () => {
    const tag = await buildTag(ctx)
    const input = { tagId: tag.id, name: 'Alias' }
    for (const change of [addTagAlias, removeTagAlias]) {
      expect(await change(ctx, { ...input, expectedVersion: 2 })).toMatchObject({
        __typename: 'VersionConflict',
        current: { version: 1 },
      })
      const viewer = { ...ctx, actor: { ...ctx.actor, role: 'VIEWER' as const } }
      await expect(change(viewer, input)).rejects.toThrow(AccessDenied)
    }
    await trash(ctx, 'TAG', tag)
    for (const change of [addTagAlias, removeTagAlias])
      expect(await change(ctx, input)).toMatchObject({ __typename: 'NotFound', id: tag.id })
  })

  test('is one of at most 100, which a merge cannot exceed either', async () => {
    const [tag, source] = [await buildTag(ctx), await buildTag(ctx)]
    await fillAliases(tag)
    expect(await add(tag, 'One more')).toMatchObject({
      __typename: 'TooManyAliases',
      tag: { id: tag.id },
      limit: 100,
    })
    succeeded(await add(tag, 'ALIAS 7'))
    expect(await mergeTags(ctx, { sourceTagId: source.id, targetTagId: tag.id })).toMatchObject({
      __typename: 'TooManyAliases',
      tag: { id: tag.id },
    })
    succeeded(await remove(tag, 'alias 7'))
    await merge(source, tag)
  })
})

describe('the alias of a merged tag', () => {
  test('that was removed does not come back, and one that was added by hand stays', async () => {
    const [a, b, c] = [await buildTag(ctx, { name: 'A' }), await buildTag(ctx), await buildTag(ctx)]
    succeeded(await add(a, 'Of A'))
    succeeded(await add(a, 'Also of A'))
    const first = await merge(a, b)
    succeeded(await add(b, 'Of A'))
    const second = await merge(b, c)
    succeeded(await remove(c, 'A'))
    expect(await aliasesOf(ctx, c)).toEqual(['Also of A', b.name, 'Of A', 'Of A'].sort())
    succeeded(await restore(ctx, first.id))
    expect(await aliasesOf(ctx, c)).toEqual([b.name, 'Of A'].sort())
    expect(await aliasesOf(ctx, a)).toEqual(['Also of A', 'Of A'])
    await purge(ctx, second)
    expect(await aliasesOf(ctx, c)).toEqual([b.name, 'Of A'].sort())
  })
})

describe('a name that is an alias of a sibling', () => {
  /** A tag with the alias, and one of that name elsewhere. */
  async function buildKnown() {
    const known = await buildTag(ctx, { name: 'Golang' })
    succeeded(await add(known, 'Go'))
    const [parent, other] = [await buildTag(ctx), await buildTag(ctx, { name: 'Games' })]
    return { known, parent, other }
  }
  const taken = ({ id }: Thing) => ({
    __typename: 'NameTaken',
    existing: { id },
    message: expect.stringContaining('allowAliasOfSibling') as string,
  })

  test('is not that of a new tag, unless the client insists', async () => {
    const { known, parent } = await buildKnown()
    expect(await createTag(ctx, { name: 'GO', idempotencyKey: 'key' })).toMatchObject(taken(known))
    succeeded(await createTag(ctx, { name: 'Go', parentId: parent.id }))
    succeeded(await createTag(ctx, { name: 'GO', allowAliasOfSibling: true, idempotencyKey: 'key' }))
    // The name itself comes first.
    expect(await createTag(ctx, { name: 'go' })).toMatchObject({ existing: { name: 'GO' } })
  })

  test('is not that of a renamed tag, except of the one that has the alias', async () => {
    const { known, other } = await buildKnown()
    expect(await updateTag(ctx, { tagId: other.id, name: 'Go' })).toMatchObject(taken(known))
    succeeded(await updateTag(ctx, { tagId: other.id, name: 'Go', allowAliasOfSibling: true }))
    succeeded(await updateTag(ctx, { tagId: other.id, name: 'GO', color: '#123456' }))
    succeeded(await updateTag(ctx, { tagId: other.id, name: 'Games' }))
    succeeded(await updateTag(ctx, { tagId: known.id, name: 'Go' }))
  })

  test('is not that of a tag that is moved there', async () => {
    const { known, parent } = await buildKnown()
    const below = await buildTag(ctx, { name: 'Go', parentId: parent.id })
    expect(await moveTag(ctx, { tagId: below.id, topLevel: true })).toMatchObject(taken(known))
    succeeded(await moveTag(ctx, { tagId: below.id, topLevel: true, allowAliasOfSibling: true }))
    expect(await tagOf(ctx, below)).toMatchObject({ parentId: null })
  })

  test('is not that of a tag that is restored there', async () => {
    const { known, parent } = await buildKnown()
    const below = await buildTag(ctx, { name: 'Go', parentId: parent.id })
    const deletion = await trash(ctx, 'TAG', below)
    expect(await restore(ctx, deletion.id, { topLevel: true })).toMatchObject({
      __typename: 'RestoreConflict',
      reason: 'NAME_IS_ALIAS',
      blockedBy: { __typename: 'Tag', id: known.id },
      options: ['REMOVE_ALIAS_FIRST', 'ALLOW_ALIAS', 'CHOOSE_TARGET'],
    })
    const request = { deletionId: deletion.id, target: { topLevel: true }, allowAliasOfSibling: true }
    succeeded(await restoreDeletion(ctx, request))
  })

  test('is free when the tag that has it is in the trash, and for the tag whose merge is undone', async () => {
    const { known, other } = await buildKnown()
    const deletion = await merge(other, known)
    expect(await createTag(ctx, { name: 'Games' })).toMatchObject(taken(known))
    succeeded(await restore(ctx, deletion.id))
    await trash(ctx, 'TAG', known)
    succeeded(await createTag(ctx, { name: 'Go' }))
  })

  test('is known of aliases from before their keys were kept, once the job has run', async () => {
    const { known } = await buildKnown()
    const where = { workspaceId: ctx.actor.workspaceId }
    await ctx.db.prisma.tagAlias.updateMany({ where, data: { nameKey: null } })
    await indexLibrary(ctx)
    expect(await createTag(ctx, { name: 'Go' })).toMatchObject(taken(known))
  })
})
