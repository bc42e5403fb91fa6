/** A text without any of this has only numbers that a double keeps: few digits and small exponents. */
const suspicious = /[\d.]{16}|\de\+?\d{3}/i

const number = /^-?(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i

/** The digits of a decimal number without leading and trailing zeros, and the power of ten that they count. */
function decimal(text: string) {
  const [, whole = '', fraction = '', exponent = '0'] = number.exec(text) ?? []
  const digits = (whole + fraction).replace(/^0+/, '')
  const significant = digits.replace(/0+$/, '')
  return { significant, power: Number(exponent) - fraction.length + digits.length - significant.length }
}

/**
 * Whether a number of a JSON text comes back as it was given. JavaScript has doubles only, and rounds an integer that
 * needs more digits. Fractions are rounded everywhere, so any of them will do.
 */
export function isExact(text: string): boolean {
  const given = decimal(text)
  if (given.power < 0) return true
  const kept = Number(text)
  if (!Number.isFinite(kept)) return false
  const { significant, power } = decimal(String(kept))
  return significant === given.significant && (significant === '' || power === given.power)
}

const [quote, backslash] = ['"'.charCodeAt(0), '\\'.charCodeAt(0)]

/** Where a string of a JSON text ends, from the place after its opening quotation mark. */
function endOfString(json: string, from: number): number {
  let at = from
  while (at < json.length && json.charCodeAt(at) !== quote) at += json.charCodeAt(at) === backslash ? 2 : 1
  return at + 1
}

/** The first number in a JSON text that would be rounded when the text is parsed. */
export function inexactNumber(json: string): string | undefined {
  if (!suspicious.test(json)) return undefined
  const next = /"|-?\d[\d.eE+-]*/g
  for (let found = next.exec(json); found; found = next.exec(json)) {
    const [token] = found
    if (token === '"') next.lastIndex = endOfString(json, next.lastIndex)
    // The parser reports what is not a number.
    else if (suspicious.test(token) && number.test(token) && !isExact(token)) return token
  }
  return undefined
}

/** What to do about such a number. */
export const giveAsString = (given: string) =>
  `The number ${given.length > 50 ? `${given.slice(0, 50)}…` : given} has more digits than JSON numbers keep here. ` +
  'Give it as a string.'
