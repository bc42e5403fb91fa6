import type { Message } from '../../mail/smtp.ts'
import type { Role } from '../../domain/access.ts'
import type { Log, Services } from '../context.ts'

type Content = Omit<Message, 'to'>

/** What became of a mail: `OFF` where no mail is set up. */
export type MailOutcome = 'SENT' | 'FAILED' | 'OFF'

/** Sends a mail. Call it outside transactions; a failure is logged. */
export async function sendMail(
  { mail, log }: Pick<Services, 'mail'> & { readonly log: Log },
  to: string,
  content: Content,
): Promise<MailOutcome> {
  if (!mail) return 'OFF'
  try {
    await mail.send({ to, ...content })
    return 'SENT'
  } catch (err) {
    log.error({ err }, 'A mail could not be sent. Check SMTP_URL and MAIL_FROM.')
    return 'FAILED'
  }
}

export interface InvitationLink {
  readonly link: string
  readonly workspace: string
  readonly role: Role
  /** The name of the person who invites. */
  readonly invitedBy: string
  readonly expiresAt: Date
}

const roleInChinese: Readonly<Record<Role, string>> = {
  OWNER: '所有者',
  EDITOR: '编辑者',
  VIEWER: '查看者',
}

const day = (date: Date) => date.toISOString().slice(0, 10)

/** Nobody knows yet which language the reader speaks, so a mail has both. */
const inBothLanguages = (english: string, chinese: string) => `${english}\n\n----------\n\n${chinese}\n`

export const invitationMail = (invitation: InvitationLink): Content => ({
  subject: `Wordloom: invitation to ${invitation.workspace} / 邀请您加入 ${invitation.workspace}`,
  text: inBothLanguages(
    `${invitation.invitedBy} invites you to the workspace "${invitation.workspace}" in Wordloom, with the role ` +
      `${invitation.role}.\n\nTo accept, open this link by ${day(invitation.expiresAt)}:\n\n${invitation.link}\n\n` +
      'If you do not expect this, ignore this mail.',
    `${invitation.invitedBy} 邀请您加入 Wordloom 工作区“${invitation.workspace}”，角色为${roleInChinese[invitation.role]}。` +
      `\n\n请在 ${day(invitation.expiresAt)} 之前打开以下链接接受邀请：\n\n${invitation.link}\n\n` +
      '如果您并未期待此邀请，请忽略本邮件。',
  ),
})

export const resetMail = (link: string): Content => ({
  subject: 'Wordloom: a new password / 重置密码',
  text: inBothLanguages(
    `To choose a new password for Wordloom, open this link within an hour:\n\n${link}\n\n` +
      'If you did not ask for it, ignore this mail: your password stays as it is.',
    `要设置新的 Wordloom 密码，请在一小时内打开以下链接：\n\n${link}\n\n如果这不是您本人的操作，请忽略本邮件，您的密码不会改变。`,
  ),
})
