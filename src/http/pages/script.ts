/**
 * The only script of the pages, for passkeys, which a form cannot do. The element `data-passkeys` says what to do and
 * has the texts; it stays hidden without the script.
 */
export const script = `'use strict'
const toBytes = (text) =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0))
const toText = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
const withBytes = (list = []) => list.map((credential) => ({ ...credential, id: toBytes(credential.id) }))

async function send(path, body) {
  const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  const response = await fetch('/auth/passkey/' + path, body === undefined ? {} : post)
  const answer = await response.json().catch(() => ({}))
  if (!response.ok) throw Object.assign(new Error(answer.message), { code: answer.code })
  return answer
}

const about = (credential, response) => ({
  id: credential.id,
  rawId: toText(credential.rawId),
  type: credential.type,
  authenticatorAttachment: credential.authenticatorAttachment,
  clientExtensionResults: {},
  response: { ...response, clientDataJSON: toText(credential.response.clientDataJSON) },
})

async function register(name) {
  const options = await send('generate-register-options')
  const credential = await navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: toBytes(options.challenge),
      user: { ...options.user, id: toBytes(options.user.id) },
      excludeCredentials: withBytes(options.excludeCredentials),
    },
  })
  const { response } = credential
  const transports = response.getTransports ? response.getTransports() : []
  const attestationObject = toText(response.attestationObject)
  await send('verify-registration', { name, response: about(credential, { attestationObject, transports }) })
}

async function signIn() {
  const options = await send('generate-authenticate-options')
  const credential = await navigator.credentials.get({
    publicKey: {
      ...options,
      challenge: toBytes(options.challenge),
      allowCredentials: withBytes(options.allowCredentials),
    },
  })
  const { authenticatorData, signature, userHandle } = credential.response
  const response = {
    authenticatorData: toText(authenticatorData),
    signature: toText(signature),
    ...(userHandle ? { userHandle: toText(userHandle) } : {}),
  }
  await send('verify-authentication', { response: about(credential, response) })
}

const area = document.querySelector('[data-passkeys]')
if (area && window.PublicKeyCredential) {
  const { passkeys, next, failed, stale } = area.dataset
  const button = area.querySelector('button')
  const status = area.querySelector('[role=alert]')
  const name = area.querySelector('input')
  area.hidden = false
  for (const other of document.querySelectorAll('[data-without-passkeys]')) other.hidden = true
  area.addEventListener('submit', async (event) => {
    event.preventDefault()
    status.hidden = true
    button.disabled = true
    try {
      await (passkeys === 'register' ? register(name.value.trim() || undefined) : signIn())
      location.assign(next)
    } catch (error) {
      status.textContent = error.code === 'SESSION_NOT_FRESH' ? stale : failed
      status.hidden = false
      button.disabled = false
    }
  })
}
`
