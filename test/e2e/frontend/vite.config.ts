import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

/** The page as it would be in a project of its own, which has this package among its dependencies. */
export default defineConfig({
  resolve: {
    alias: { wordloom: fileURLToPath(new URL('../../../dist', import.meta.url)) },
  },
  // The checks of Apollo Client, which a production build leaves out, are part of the test.
  build: { minify: false },
})
