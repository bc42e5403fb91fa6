/** How deeply objects and lists may be nested. */
const maxDepth = 10_000

/** What may follow: decides about one character. Undefined means that the text is no JSON. */
type Step = (character: string) => Step | undefined

const isSpace = (character: string) =>
  character === ' ' || character === '\n' || character === '\r' || character === '\t'
const isDigit = (character: string) => character >= '0' && character <= '9'
const simpleEscapes = new Set('"\\/bfnrt')

/** Reads a text in parts and says whether it is one JSON object or list. Keeps nothing but the open brackets. */
export class JsonReader {
  /** The closing brackets that are due. */
  readonly #due: string[] = []
  #step: Step | undefined = (character) => this.#beginning(character)

  /** Reads the next part. Returns false once the text cannot be JSON any more. */
  read(text: string): boolean {
    let step = this.#step
    for (let at = 0; at < text.length && step; at += 1) {
      if (step === this.#inText) at = endOfPlain(text, at)
      const character = text[at]
      if (character !== undefined) step = step(character)
    }
    this.#step = step
    return step !== undefined
  }

  /** Whether the text so far is complete. */
  get isComplete(): boolean {
    return this.#step === this.#afterAll
  }

  readonly #beginning: Step = (character) => {
    if (isSpace(character)) return this.#beginning
    return this.#opens(character) ? this.#begin(character) : undefined
  }

  readonly #opens = (character: string) => character === '{' || character === '['

  #begin(bracket: string): Step | undefined {
    if (this.#due.length >= maxDepth) return undefined
    this.#due.push(bracket === '{' ? '}' : ']')
    return bracket === '{' ? this.#keyOrEnd : this.#valueOrEnd
  }

  #end(bracket: string): Step | undefined {
    if (this.#due.pop() !== bracket) return undefined
    return this.#due.length === 0 ? this.#afterAll : this.#afterValue
  }

  readonly #afterAll: Step = (character) => (isSpace(character) ? this.#afterAll : undefined)

  readonly #afterValue: Step = (character) => {
    if (isSpace(character)) return this.#afterValue
    if (character === ',') return this.#due.at(-1) === '}' ? this.#key : this.#value
    return this.#end(character)
  }

  readonly #valueOrEnd: Step = (character) => {
    if (isSpace(character)) return this.#valueOrEnd
    return character === ']' ? this.#end(character) : this.#value(character)
  }

  readonly #value: Step = (character) => {
    if (isSpace(character)) return this.#value
    if (this.#opens(character)) return this.#begin(character)
    if (character === '"') return this.#text(this.#afterValue)
    if (character === '-') return (digit) => (isDigit(digit) ? this.#number(digit) : undefined)
    if (isDigit(character)) return this.#number(character)
    return { t: this.#word('rue'), f: this.#word('alse'), n: this.#word('ull') }[character]
  }

  readonly #keyOrEnd: Step = (character) => {
    if (isSpace(character)) return this.#keyOrEnd
    return character === '}' ? this.#end(character) : this.#key(character)
  }

  readonly #key: Step = (character) => {
    if (isSpace(character)) return this.#key
    return character === '"' ? this.#text(this.#colon) : undefined
  }

  readonly #colon: Step = (character) => {
    if (isSpace(character)) return this.#colon
    return character === ':' ? this.#value : undefined
  }

  #word(rest: string): Step {
    return (character) => {
      if (character !== rest[0]) return undefined
      return rest.length === 1 ? this.#afterValue : this.#word(rest.slice(1))
    }
  }

  /** What follows the text that is being read. */
  #afterText: Step = this.#afterValue

  #text(after: Step): Step {
    this.#afterText = after
    return this.#inText
  }

  readonly #inText: Step = (character) => {
    if (character === '"') return this.#afterText
    if (character === '\\') return this.#escape
    return character < ' ' ? undefined : this.#inText
  }

  readonly #escape: Step = (character) => {
    if (character === 'u') return this.#hex(4)
    return simpleEscapes.has(character) ? this.#inText : undefined
  }

  #hex(left: number): Step {
    return (character) => {
      if (!/[\da-f]/i.test(character)) return undefined
      return left === 1 ? this.#inText : this.#hex(left - 1)
    }
  }

  /** The rest of a number: digits, a fraction and an exponent. */
  #number(first: string): Step {
    return first === '0' ? this.#fraction : this.#digits
  }

  readonly #digits: Step = (character) => (isDigit(character) ? this.#digits : this.#fraction(character))

  readonly #fraction: Step = (character) =>
    character === '.' ? this.#some(this.#fractionDigits) : this.#exponent(character)

  readonly #fractionDigits: Step = (character) =>
    isDigit(character) ? this.#fractionDigits : this.#exponent(character)

  readonly #exponent: Step = (character) => {
    if (character !== 'e' && character !== 'E') return this.#afterValue(character)
    const digits = this.#some(this.#exponentDigits)
    return (sign) => (sign === '+' || sign === '-' ? digits : digits(sign))
  }

  readonly #exponentDigits: Step = (character) =>
    isDigit(character) ? this.#exponentDigits : this.#afterValue(character)

  /** At least one digit. */
  #some(more: Step): Step {
    return (character) => (isDigit(character) ? more : undefined)
  }
}

const special = /["\\\u0000-\u001f]/g

/** Where a text that is being read may end or go wrong. */
function endOfPlain(text: string, from: number): number {
  special.lastIndex = from
  return special.exec(text)?.index ?? text.length
}
