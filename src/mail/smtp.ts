import { createTransport } from 'nodemailer'

export interface Message {
  readonly to: string
  readonly subject: string
  readonly text: string
}

/** Sends mail. */
export interface Mail {
  /** Hands a message to the mail server; fails if that does not accept it. */
  send(message: Message): Promise<void>
}

/** How long the mail server may take for each answer, in milliseconds. */
const answerMs = 10_000

/** Mail by the SMTP server of a URL, which may contain a name and a password. */
export function openSmtp(url: string, from: string): Mail {
  const times = { connectionTimeout: answerMs, greetingTimeout: answerMs, socketTimeout: answerMs }
  const transport = createTransport({ url, ...times }, { from })
  return {
    send: async ({ to, subject, text }) => {
      // As an address of its own, so that nothing in it can name a second recipient.
      await transport.sendMail({ to: { name: '', address: to }, subject, text })
    },
  }
}
