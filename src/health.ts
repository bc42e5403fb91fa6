import { loadConfig } from './config.ts'

// For container runtimes: asks the server or the worker of this container whether it is ready; exits with 1 if not.
const { host, port, healthPort = port } = loadConfig()
const name = ['0.0.0.0', '::'].includes(host) ? 'localhost' : host.includes(':') ? `[${host}]` : host

fetch(`http://${name}:${healthPort}/health/ready`).then(
  ({ ok }) => process.exit(ok ? 0 : 1),
  () => process.exit(1),
)
