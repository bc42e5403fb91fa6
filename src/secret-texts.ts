/** Texts that are secret wherever they stand, each with what may be shown of it. */
const patterns: readonly (readonly [RegExp, string])[] = [
  // The password in a URL of a database, a store or a mail server.
  [/([a-z][a-z0-9+.-]*:\/\/[^\s:/?#@"\\]*):[^\s/?#@"\\]*@/gi, '$1:…@'],
  [/\b(bearer|basic)(\s+)[\w.~+/=-]{8,}/gi, '$1$2…'],
  [/\b(wordloom\.[a-z_]+=)[^\s;"\\]+/gi, '$1…'],
  [/\bwl_[\w-]{8,}/g, 'wl_…'],
]

/** A configured value that is shorter may be an ordinary word, whose absence would make the log unreadable. */
const shortest = 12

/** Removes secrets from lines of the log: those of a known form and these values of the configuration. */
export function secretRemover(values: readonly (string | undefined)[]) {
  const known = values.filter((value) => value !== undefined && value.length >= shortest)
  // As they stand in JSON.
  const texts = known.map((value) => JSON.stringify(value).slice(1, -1))
  return (line: string): string => {
    let shown = line
    for (const text of texts) shown = shown.replaceAll(text, '…')
    for (const [pattern, rest] of patterns) shown = shown.replace(pattern, rest)
    return shown
  }
}
