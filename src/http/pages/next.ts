/** What a URL must not contain: browsers drop control characters and take a backslash for a slash. */
const misread = /[\p{Cc}\\]/u

/** A path of this server to continue at, or undefined for anything that may lead to another site. */
export function ownPath(text: unknown): string | undefined {
  if (typeof text !== 'string' || !text.startsWith('/') || text.startsWith('//') || misread.test(text))
    return undefined
  const here = 'http://here.invalid'
  if (!URL.canParse(text, here)) return undefined
  const { origin, pathname, search, hash } = new URL(text, here)
  // `/..//x` would become `//x`.
  return origin === here && !pathname.startsWith('//') ? `${pathname}${search}${hash}` : undefined
}

/** `path` with the path to continue at afterwards. */
export const withNext = (path: string, next: string | undefined) =>
  next === undefined ? path : `${path}?${new URLSearchParams({ next }).toString()}`
