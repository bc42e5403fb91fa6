import { Unavailable } from './unavailable.ts'

/** The keys of the provider of JSON Web Tokens cannot be read at the moment, so no token can be checked. */
export class IdentityProviderUnavailable extends Unavailable {
  override readonly name = 'IdentityProviderUnavailable'
  readonly clientCode = 'IDENTITY_PROVIDER_UNAVAILABLE'

  constructor(cause: unknown) {
    super(
      'The identity provider of this server does not answer, so your token cannot be checked. Try again later.',
      {
        message: 'The keys for JSON Web Tokens cannot be read. Check JWT_ISSUER and JWT_JWKS_URL.',
        cause,
      },
    )
  }
}
