/** What the audit trail records. */
export const auditActions = [
  // How people sign in.
  'SIGNED_IN',
  'SIGN_IN_FAILED',
  'SIGNED_OUT',
  'SESSION_ENDED',
  'PASSWORD_CHANGED',
  'PASSWORD_RESET_REQUESTED',
  'PASSWORD_RESET',
  'PASSKEY_ADDED',
  'PASSKEY_REMOVED',
  // People of the installation.
  'SETUP_OFFERED',
  'USER_CREATED',
  'USER_UPDATED',
  'USER_EXPORTED',
  'USER_REMOVED',
  // Who may work in a workspace.
  'MEMBER_ADDED',
  'MEMBER_UPDATED',
  'MEMBER_REMOVED',
  'INVITATION_CREATED',
  'INVITATION_ACCEPTED',
  'INVITATION_REVOKED',
  'API_TOKEN_CREATED',
  'API_TOKEN_REVOKED',
  'SHARE_LINK_CREATED',
  'SHARE_LINK_REVOKED',
  // Workspaces, and what is removed permanently.
  'WORKSPACE_CREATED',
  'WORKSPACE_UPDATED',
  'WORKSPACE_TRASHED',
  'WORKSPACE_RESTORED',
  'WORKSPACE_PURGED',
  'DELETION_PURGED',
  'TRASH_EMPTIED',
  'TRASH_PURGED',
] as const

export type AuditAction = (typeof auditActions)[number]

/**
 * What an event says besides who, what and when: a few short values by name. Texts of the library have no place in it,
 * nor have secrets.
 */
export type AuditDetails = Readonly<Record<string, string | number | boolean | null>>

/** The details that name a person, and so go when the personal data of that person is erased. */
export const personalDetails: readonly string[] = ['email', 'name', 'userAgent']
