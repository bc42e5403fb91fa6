import { isIP } from 'node:net'

const names = ['loopback', 'linklocal', 'uniquelocal']

function isNetwork(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/')
  const version = isIP(address)
  if (version === 0 || rest.length > 0) return false
  if (prefix === undefined) return true
  return /^\d{1,3}$/.test(prefix) && Number(prefix) >= 1 && Number(prefix) <= (version === 4 ? 32 : 128)
}

/**
 * Whether this names proxies whose forwarded headers count: an address, a network, or private networks by their name. The
 * network of all addresses is none: with it every client could choose its own address.
 */
export const isTrustedProxy = (text: string) => names.includes(text) || isNetwork(text)
