/** The name of the configured identity provider in URLs and accounts. */
export const providerId = 'oidc'
