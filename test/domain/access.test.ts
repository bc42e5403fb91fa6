import { expect, test } from 'vitest'
import {
  AccessDenied,
  type Action,
  assertCan,
  defaultWorkspaceId,
  type Standing,
  type TokenScope,
} from '../../src/domain/access.ts'
import { WorkspaceRequired } from '../../src/domain/workspace-trash.ts'

const actions: readonly Action[] = ['enter', 'account', 'read', 'edit', 'purge', 'manage', 'operate']

/** What each may do in the default workspace, as the letters E, A, R, W, P, M and O. */
const rules: readonly [Standing, TokenScope | undefined, string][] = [
  ['OWNER', undefined, 'EARWPMO'],
  ['OWNER', 'ADMIN', 'E RWPMO'],
  ['OWNER', 'WRITE', 'E RW   '],
  ['OWNER', 'READ', 'E R    '],
  ['EDITOR', undefined, 'EARW   '],
  ['EDITOR', 'ADMIN', 'E RW   '],
  ['EDITOR', 'WRITE', 'E RW   '],
  ['EDITOR', 'READ', 'E R    '],
  ['VIEWER', undefined, 'EAR    '],
  ['VIEWER', 'ADMIN', 'E R    '],
  ['VIEWER', 'WRITE', 'E R    '],
  ['VIEWER', 'READ', 'E R    '],
  ['NONE', undefined, 'EA     '],
]

const cases = rules.flatMap(([role, scope, letters]) =>
  actions.map((action, index) => [role, scope, action, letters[index] !== ' '] as const),
)

test.each(cases)(
  'the role %s with the scope %s and the action %s: allowed is %s',
  (role, scope, action, allowed) => {
    const attempt = (workspaceId = defaultWorkspaceId) => {
      const actor = { id: 'someone', workspaceId, role }
      assertCan(scope === undefined ? actor : { ...actor, scope }, action)
    }
    if (allowed) expect(() => attempt()).not.toThrow()
    else expect(() => attempt()).toThrow(role === 'NONE' ? WorkspaceRequired : AccessDenied)
    if (action === 'operate') expect(() => attempt('01900000-0000-7000-8000-000000000002')).toThrow()
  },
)
