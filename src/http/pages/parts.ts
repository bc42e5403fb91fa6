import type { OidcConfig } from '../../sign-in-config.ts'
import { Html, html } from './html.ts'
import type { Texts } from './texts-en.ts'

interface Field {
  readonly name: string
  readonly label: string
  readonly type?: 'text' | 'email' | 'password'
  readonly value?: string
  readonly autocomplete: string
  readonly hint?: string
  readonly wrong?: string | undefined
  readonly isFixed?: boolean
}

/** A labelled input. Browsers check nothing themselves, so that all messages are in the language of the page. */
export function field({ name, label, type = 'text', value = '', autocomplete, hint, wrong, isFixed }: Field) {
  const about = [hint !== undefined && `${name}-hint`, wrong !== undefined && `${name}-wrong`].filter(Boolean)
  return html`<div class="field">
    <label for="${name}">${label}</label>
    <input
      id="${name}"
      name="${name}"
      type="${type}"
      value="${value}"
      autocomplete="${autocomplete}"
      ${type === 'email' && new Html('autocapitalize="none" spellcheck="false"')}
      ${isFixed === true && new Html('readonly')}
      ${wrong !== undefined && new Html('aria-invalid="true"')}
      ${about.length > 0 && html`aria-describedby="${about.join(' ')}"`}
    />
    ${hint !== undefined && html`<p class="hint" id="${name}-hint">${hint}</p>`}
    ${wrong !== undefined && html`<p class="wrong" id="${name}-wrong">${wrong}</p>`}
  </div>`
}

export const hidden = (name: string, value: string | undefined) =>
  value === undefined ? undefined : html`<input type="hidden" name="${name}" value="${value}" />`

export const alert = (message: string | undefined) =>
  message === undefined ? undefined : html`<p class="alert" role="alert">${message}</p>`

export const notice = (message: string | undefined) =>
  message === undefined ? undefined : html`<p class="notice" role="status">${message}</p>`

/** A form with one button, perhaps with hidden fields. */
export const buttonForm = (action: string, label: string, fields?: Html, looks: 'plain' | 'full' = 'plain') =>
  html`<form method="post" action="${action}">
    ${fields}<button ${looks === 'plain' && new Html('class="plain"')}>${label}</button>
  </form>`

/** The button of the identity provider, if one is set up. */
export const providerButton = (oidc: OidcConfig | undefined, t: Texts, action: string, fields?: Html) =>
  oidc && buttonForm(action, t.withProvider(oidc.name), fields)
