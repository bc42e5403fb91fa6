import type { ApolloServerPlugin } from '@apollo/server'
import { ApolloServerPluginLandingPageLocalDefault } from '@apollo/server/plugin/landingPage/default'

/**
 * Apollo Sandbox, which its page loads from the internet. Where that is not reachable, the page leads to the explorer of
 * this server instead of staying empty.
 */
export function landingPage(document: string, explorerPath: string): ApolloServerPlugin {
  const sandbox: ApolloServerPlugin = ApolloServerPluginLandingPageLocalDefault({
    embed: true,
    footer: false,
    document,
  })
  return {
    serverWillStart: async (service) => {
      const listener = await sandbox.serverWillStart?.(service)
      return {
        renderLandingPage: async () => {
          const { html = '' } = (await listener?.renderLandingPage?.()) ?? {}
          return {
            html: async () => withWayOut(typeof html === 'string' ? html : await html(), explorerPath),
          }
        },
      }
    },
  }
}

/** Replaces the text that shows while Sandbox is not there. Its empty frame must not cover the link. */
function withWayOut(page: string, explorerPath: string): string {
  const nonce = /nonce=['"]?(\w+)/.exec(page)?.[1] ?? ''
  const fallback = `<div class="fallback">
  <h1>Wordloom</h1>
  <p>Apollo Sandbox is loaded from the internet, which may take a while or be impossible here.</p>
  <p><a href="${explorerPath}">Open GraphiQL, the explorer that this server brings along</a></p>
</div>
<style nonce=${nonce}>
  #embeddableSandbox:empty { display: none; }
</style>`
  return page
    .replace(/<div class="fallback">[\s\S]*?<\/div>/, fallback)
    .replace('<title>Apollo Server</title>', '<title>Wordloom: API</title>')
}
