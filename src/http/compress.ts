import { constants } from 'node:zlib'
import compress from '@fastify/compress'
import type { FastifyInstance } from 'fastify'

/** An answer of a few packets gains nothing. */
const smallestBytes = 1024

/** Texts that this server makes. Stored files keep their length, their ranges and their ETag. */
const ownTypes = /^(application\/(graphql-response\+)?json|text\/(html|css|javascript))\b/

/** The fastest levels. Higher ones make answers 10 % smaller and take several times as long. */
const brotliOptions = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }
const zlibOptions = { level: 1 }

/** Compresses answers. Call this before the routes are set up. */
export const compressAnswers = (app: FastifyInstance) =>
  app.register(compress, {
    // The server reads no compressed bodies.
    globalDecompression: false,
    encodings: ['br', 'gzip'],
    threshold: smallestBytes,
    customTypes: ownTypes,
    brotliOptions,
    zlibOptions,
  })

/** The option of a route whose answers stay as they are. */
export const asStored = { compress: false } as const
