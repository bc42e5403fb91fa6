import { expect, test } from 'vitest'
import { AccessDenied, type Action, assertCan, type Role } from '../../src/domain/access.ts'

const cases: [Role, Action, boolean][] = [
  ['OWNER', 'read', true],
  ['OWNER', 'edit', true],
  ['OWNER', 'manage', true],
  ['EDITOR', 'read', true],
  ['EDITOR', 'edit', true],
  ['EDITOR', 'manage', false],
  ['VIEWER', 'read', true],
  ['VIEWER', 'edit', false],
  ['VIEWER', 'manage', false],
]

test.each(cases)('the role %s and the action %s: allowed is %s', (role, action, allowed) => {
  const attempt = () => assertCan({ id: 'someone', workspaceId: 'somewhere', role }, action)
  if (allowed) expect(attempt).not.toThrow()
  else expect(attempt).toThrow(AccessDenied)
})
