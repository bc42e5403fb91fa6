/** Parameters whose values are no secrets and help to understand a request. */
const plainParameters = new Set(['workspace', 'trashed', 'download', 'focus', 'lang', 'expires'])

/** The part of a path after these is a secret: whoever has it may do what the link is for. */
const secretPaths = /^(\/+(?:(?:auth\/+)?reset-password|invitations|shared)\/+)[^/]+/i

const hidden = '…'
const maxLength = 500

/** The URL of a request for the log, which many people read: without secrets, signatures and variables of queries. */
export function shownUrl(url: string): string {
  const start = url.indexOf('?')
  const path = decoded(start < 0 ? url : url.slice(0, start)).replace(secretPaths, `$1${hidden}`)
  const query =
    start < 0
      ? ''
      : `?${url
          .slice(start + 1)
          .split('&')
          .map(shownParameter)
          .join('&')}`
  return (path + query).slice(0, maxLength)
}

function shownParameter(parameter: string): string {
  const end = parameter.indexOf('=')
  const name = decoded(end < 0 ? parameter : parameter.slice(0, end))
  // A parameter without a value may be one that lost its name.
  if (plainParameters.has(name)) return parameter
  return end < 0 ? hidden : `${name}=${hidden}`
}

/** The router reads paths decoded, too. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
