import { z } from 'zod'

const url = (protocols: readonly string[]) =>
  z.string().refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol), {
    message: `must be a URL with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
  })

const issuer = url(['http:', 'https:'])
const text = z.string().trim()

/** The variables of mail, of identity providers and of their tokens. */
export const signInVariables = {
  SMTP_URL: url(['smtp:', 'smtps:']).optional(),
  MAIL_FROM: text
    .regex(/@[^@\s>]+>?$/, { error: 'must be an address such as Wordloom <library@example.org>' })
    .optional(),
  OIDC_ISSUER: issuer.optional(),
  OIDC_CLIENT_ID: text.optional(),
  OIDC_CLIENT_SECRET: text.optional(),
  OIDC_NAME: text.max(60, { error: 'must have at most 60 characters' }).optional(),
  JWT_ISSUER: issuer.optional(),
  JWT_AUDIENCE: text.optional(),
  JWT_JWKS_URL: issuer.optional(),
}

type Given = z.infer<z.ZodObject<typeof signInVariables>> & { readonly SIGN_IN: 'true' | 'false' }

interface Rule {
  readonly variable: keyof typeof signInVariables
  readonly message: string
  readonly holds: (given: Given) => boolean
}

/** `variable` must be set if `other` is. */
const needed = (variable: Rule['variable'], other: Rule['variable']): Rule => ({
  variable,
  message: `must be set if ${other} is set`,
  holds: (given) => given[other] === undefined || given[variable] !== undefined,
})

const onlyWithSignIn = (variable: Rule['variable']): Rule => ({
  variable,
  message: 'has an effect only with SIGN_IN=true. Set that too, or remove this variable',
  holds: (given) => given[variable] === undefined || given.SIGN_IN === 'true',
})

/** What must hold between the variables. */
export const signInRules: readonly Rule[] = [
  needed('MAIL_FROM', 'SMTP_URL'),
  needed('OIDC_CLIENT_ID', 'OIDC_ISSUER'),
  needed('OIDC_ISSUER', 'OIDC_CLIENT_ID'),
  needed('JWT_AUDIENCE', 'JWT_ISSUER'),
  needed('JWT_ISSUER', 'JWT_AUDIENCE'),
  needed('JWT_ISSUER', 'JWT_JWKS_URL'),
  onlyWithSignIn('OIDC_ISSUER'),
  onlyWithSignIn('JWT_ISSUER'),
]

/** A server that sends mail. */
export interface MailConfig {
  readonly url: string
  /** The sender, e.g. `Wordloom <library@example.org>`. */
  readonly from: string
}

/** An OpenID Connect provider that people sign in with. */
export interface OidcConfig {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string | undefined
  /** The name on the button. */
  readonly name: string
}

/** A provider whose JSON Web Tokens are accepted. */
export interface JwtConfig {
  readonly issuer: string
  readonly audience: string
  /** Where its keys are; undefined: where its configuration says. */
  readonly jwksUrl: string | undefined
}

export interface SignInConfig {
  /** Undefined: no mail is sent. */
  readonly mail: MailConfig | undefined
  readonly oidc: OidcConfig | undefined
  readonly jwt: JwtConfig | undefined
}

export function signInConfig(given: Given): SignInConfig {
  const { SMTP_URL, MAIL_FROM, OIDC_ISSUER, OIDC_CLIENT_ID, JWT_ISSUER, JWT_AUDIENCE } = given
  return {
    mail: SMTP_URL === undefined || MAIL_FROM === undefined ? undefined : { url: SMTP_URL, from: MAIL_FROM },
    oidc:
      OIDC_ISSUER === undefined || OIDC_CLIENT_ID === undefined
        ? undefined
        : {
            issuer: OIDC_ISSUER,
            clientId: OIDC_CLIENT_ID,
            clientSecret: given.OIDC_CLIENT_SECRET,
            name: given.OIDC_NAME ?? new URL(OIDC_ISSUER).hostname,
          },
    jwt:
      JWT_ISSUER === undefined || JWT_AUDIENCE === undefined
        ? undefined
        : { issuer: JWT_ISSUER, audience: JWT_AUDIENCE, jwksUrl: given.JWT_JWKS_URL },
  }
}
