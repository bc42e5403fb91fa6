import { providerId } from '../../auth/oidc.ts'
import type { OidcConfig } from '../../sign-in-config.ts'
import type { Account } from '../../usecases/people/read-account.ts'
import { type Html, html } from './html.ts'
import type { View } from './kit.ts'
import { alert, buttonForm, field, hidden, notice } from './parts.ts'
import { signOutForm } from './sign-in.ts'
import type { Texts } from './texts-en.ts'

export interface AccountProblems {
  readonly general?: string | undefined
  readonly name?: string
  /** The name that was not accepted. */
  readonly typedName?: string
  readonly currentPassword?: string
  readonly newPassword?: string
}

const isDone = (done: unknown, t: Texts): done is keyof Texts['done'] =>
  typeof done === 'string' && Object.hasOwn(t.done, done)

/** The sections of the page of an account. */
export function accountBody(
  view: View,
  account: Account,
  oidc: OidcConfig | undefined,
  { done, ...problems }: AccountProblems & { readonly done: unknown },
): Html {
  const { t } = view
  const message = isDone(done, t) ? t.done[done] : undefined
  return html`${alert(problems.general)} ${notice(message)}
    <section>
      <p>${t.signedInAs} <strong>${account.email}</strong></p>
      <h2>${t.workspaces}</h2>
      ${workspaces(t, account)}
      <div class="actions">
        <a class="button plain" href="/graphiql">${t.explorer}</a>
        ${signOutForm(t)}
      </div>
    </section>
    ${profile(t, account, problems)} ${password(t, account, problems)} ${passkeys(view, account)}
    ${oidc && connection(t, account, oidc)} ${sessions(view, account)}`
}

const workspaces = (t: Texts, { workspaces: all }: Account) =>
  all.length === 0
    ? html`<p>${t.noWorkspaces}</p>`
    : html`<ul class="rows">
        ${all.map(({ name, role }) => html`<li>${name} <span class="about">${t.roles[role]}</span></li>`)}
      </ul>`

const profile = (t: Texts, { name }: Account, problems: AccountProblems) =>
  html`<section>
    <h2>${t.profile}</h2>
    <form method="post" action="/account/name" novalidate>
      ${field({
        name: 'name',
        label: t.name,
        value: problems.typedName ?? name,
        autocomplete: 'name',
        wrong: problems.name,
      })}
      <button>${t.save}</button>
    </form>
  </section>`

function password(t: Texts, { providers, email }: Account, problems: AccountProblems) {
  const form = html`<form method="post" action="/account/password" novalidate>
    <input type="email" autocomplete="username" value="${email}" hidden readonly />
    ${field({
      name: 'current',
      label: t.currentPassword,
      type: 'password',
      autocomplete: 'current-password',
      wrong: problems.currentPassword,
    })}
    ${field({
      name: 'password',
      label: t.newPassword,
      type: 'password',
      autocomplete: 'new-password',
      hint: t.passwordHint,
      wrong: problems.newPassword,
    })}
    <button>${t.changePassword}</button>
  </form>`
  return html`<section>
    <h2>${t.changePassword}</h2>
    ${providers.includes('credential') ? form : html`<p>${t.noPassword}</p>`}
  </section>`
}

function passkeys({ t, lang }: View, account: Account) {
  const row = ({ id, name, createdAt }: Account['passkeys'][number]) =>
    html`<li>
      <span>${name ?? t.unnamed} ${createdAt !== null && about(t.added, lang, createdAt)}</span>
      ${buttonForm('/account/passkeys/remove', t.remove, hidden('id', id))}
    </li>`
  const texts = html`data-failed="${t.passkeyNotAdded}" data-stale="${t.notFresh}"`
  return html`<section>
    <h2>${t.passkeys}</h2>
    <p>${t.passkeysHelp}</p>
    ${
      account.passkeys.length > 0 &&
      html`<ul class="rows">
        ${account.passkeys.map(row)}
      </ul>`
    }
    <form data-passkeys="register" data-next="/account?done=passkey-added" ${texts} hidden>
      <p class="alert" role="alert" hidden></p>
      ${field({ name: 'passkey-name', label: t.passkeyName, autocomplete: 'off' })}
      <button>${t.addPasskey}</button>
    </form>
    <p class="hint" data-without-passkeys>${t.needsScript}</p>
  </section>`
}

const connection = (t: Texts, { providers }: Account, { name }: OidcConfig) =>
  html`<section>
    <h2>${t.connections}</h2>
    ${
      providers.includes(providerId)
        ? html`<p>${t.connected(name)}</p>`
        : buttonForm('/account/provider', t.connect(name))
    }
  </section>`

function sessions({ t, lang }: View, account: Account) {
  const row = ({ id, createdAt, ipAddress, userAgent, isThis }: Account['sessions'][number]) =>
    html`<li>
      <span>
        ${deviceOf(userAgent) ?? t.unknownDevice}${ipAddress !== null && `, ${ipAddress}`}
        ${about(t.signedIn, lang, createdAt)}
      </span>
      ${isThis ? html`<strong>${t.thisSession}</strong>` : buttonForm('/account/sessions/end', t.end, hidden('id', id))}
    </li>`
  return html`<section>
    <h2>${t.sessions}</h2>
    <ul class="rows">
      ${account.sessions.map(row)}
    </ul>
    <div class="actions">
      ${account.sessions.length > 1 && buttonForm('/account/sessions/end-others', t.endOthers)}
      ${buttonForm('/account/sessions/end-all', t.endAll)}
    </div>
  </section>`
}

/** A label with a time, in UTC, since the server does not know where the reader is. */
function about(label: string, lang: View['lang'], time: Date) {
  const format = new Intl.DateTimeFormat(lang, { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' })
  return html`<span class="about"
    >${label} <time datetime="${time.toISOString()}">${format.format(time)} UTC</time></span
  >`
}

const browsers = [
  ['Edge', /\bEdg/],
  ['Opera', /\bOPR\//],
  ['Firefox', /\b(Firefox|FxiOS)\//],
  ['Chrome', /Chrom|CriOS/],
  ['Safari', /\bSafari\//],
] as const
const systems = [
  ['Android', /Android/],
  ['iOS', /iPhone|iPad/],
  ['Windows', /Windows/],
  ['macOS', /Mac OS X/],
  ['Linux', /Linux/],
] as const

/** A browser and its system in a few words, e.g. `Firefox, Linux`; of a program the beginning of its name. */
function deviceOf(userAgent: string | null): string | undefined {
  const agent = userAgent ?? ''
  const known = [browsers, systems].map((list) => list.find(([, pattern]) => pattern.test(agent))?.[0])
  return known.filter((name) => name !== undefined).join(', ') || agent.slice(0, 60) || undefined
}
