import type { FastifyReply, FastifyRequest } from 'fastify'
import { cookieIn } from '../credentials.ts'
import type { Language } from './texts.ts'

/** The cookie with the language that a person chose. */
const cookieName = 'wordloom.lang'
const yearSeconds = 365 * 24 * 60 * 60

const languageOf = (tag: string): Language | undefined => {
  const [primary] = tag.trim().toLowerCase().split('-')
  return primary === 'zh' ? 'zh-CN' : primary === 'en' ? 'en' : undefined
}

/** The first language of the header by its weights that there are texts in. */
function preferred(header: string): Language | undefined {
  const weighted = header.split(',').map((part) => {
    const [tag = '', ...parameters] = part.split(';')
    const weight = parameters.map((parameter) => /^\s*q=([\d.]+)/.exec(parameter)?.[1]).find(Boolean)
    return { tag, weight: Number(weight ?? 1) }
  })
  const languages = weighted.sort((a, b) => b.weight - a.weight).map(({ tag }) => languageOf(tag))
  return languages.find((language) => language !== undefined)
}

/** The language of `?lang=`, which is remembered, or the remembered one, or that of the browser. */
export function chooseLanguage(request: FastifyRequest, reply: FastifyReply): Language {
  const { lang } = request.query as Record<string, unknown>
  const chosen = typeof lang === 'string' ? languageOf(lang) : undefined
  if (chosen !== undefined) {
    const cookie = `${cookieName}=${chosen}; Path=/; Max-Age=${yearSeconds}; SameSite=Lax; HttpOnly`
    void reply.header('set-cookie', cookie)
    return chosen
  }
  const remembered = languageOf(cookieIn(request.headers.cookie ?? '', [cookieName]) ?? '')
  return remembered ?? preferred(request.headers['accept-language'] ?? '') ?? 'en'
}
