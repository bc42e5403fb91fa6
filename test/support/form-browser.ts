export interface FormAnswer {
  readonly status: number
  readonly headers: Headers
  /** Where a redirect leads, below the server. */
  readonly location: string | undefined
  readonly text: string
}

/** Reads pages and sends forms as a browser without JavaScript does: with cookies, one step at a time. */
export class FormBrowser {
  readonly #url: string
  readonly #headers: Record<string, string>
  readonly #cookies = new Map<string, string>()

  constructor(url: string, headers: Record<string, string> = {}) {
    this.#url = url
    this.#headers = { 'user-agent': 'Mozilla/5.0 (X11; Linux) Firefox/140', accept: 'text/html', ...headers }
  }

  get(path: string) {
    return this.#send(path, {})
  }

  post(path: string, fields: Record<string, string>, headers: Record<string, string> = {}) {
    const own = { origin: this.#url, 'sec-fetch-site': 'same-origin' }
    const given = headers['origin'] === undefined ? own : { 'sec-fetch-site': 'cross-site' }
    return this.#send(path, {
      method: 'POST',
      body: new URLSearchParams(fields),
      headers: { ...given, ...headers },
    })
  }

  async #send(
    path: string,
    init: Omit<RequestInit, 'headers'> & { headers?: Record<string, string> },
  ): Promise<FormAnswer> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const url = new URL(path, this.#url)
    const headers = { ...this.#headers, ...init.headers, cookie }
    const answer = await fetch(url, { ...init, headers, redirect: 'manual' })
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '' || /Max-Age=0/i.test(line)) this.#cookies.delete(name)
      else this.#cookies.set(name, value)
    }
    const location = answer.headers.get('location')?.replace(this.#url, '')
    return { status: answer.status, headers: answer.headers, location, text: await answer.text() }
  }
}
