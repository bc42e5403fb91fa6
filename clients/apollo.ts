import {
  ApolloLink,
  type FieldReadFunction,
  HttpLink,
  type TypePolicies,
  type TypePolicy,
} from '@apollo/client/core'
import { ServerError } from '@apollo/client/errors'
import { Observable } from 'rxjs'
import { print } from 'graphql'
import { cacheFacts } from './cache-facts.ts'
import { keysetPages } from './keyset-pages.ts'
import { hasFiles, type Progress, type SendOptions, sendUpload } from './multipart.ts'

export { keysetPages }

/** The members of every union and interface. Without them `... on Failure { message }` gives no message. */
export const possibleTypes = cacheFacts.possibleTypes

/**
 * The type policies of every list and object of the schema:
 *
 * - lists grow with `fetchMore`, with `nodes` as well as `edges`, one for each `where` and `orderBy`;
 * - objects without an ID are merged into the object that has them;
 * - `book(id)` and its like find what a list has read already.
 */
export function typePolicies(): TypePolicies {
  const policies: Record<string, TypePolicy> = {}
  const policyOf = (type: string) => (policies[type] ??= { fields: {} })
  for (const type of cacheFacts.withoutId) policyOf(type).merge = true
  for (const [type, lists] of Object.entries(cacheFacts.lists)) {
    const { fields } = policyOf(type)
    for (const [field, keyArgs] of Object.entries(lists))
      Object.assign(fields ?? {}, { [field]: keysetPages(keyArgs) })
  }
  const { fields: ofQuery } = policyOf('Query')
  for (const [field, type] of Object.entries(cacheFacts.byId)) {
    const read: FieldReadFunction<unknown> = (existing, { args, toReference }) =>
      existing === undefined ? toReference({ __typename: type, id: String(args?.['id']) }) : existing
    Object.assign(ofQuery ?? {}, { [field]: { read } })
  }
  return policies
}

export interface WordloomLinkOptions {
  /** The address of the API, e.g. `https://library.example.org/graphql`. */
  readonly uri: string
  /** Headers of every request, e.g. `X-Workspace-Id`. */
  readonly headers?: Readonly<Record<string, string>>
  /** `include` sends cookies to another origin as well. */
  readonly credentials?: 'include' | 'same-origin' | 'omit'
}

/**
 * What an operation may have in its `context`.
 *
 *     client.mutate({ mutation, variables: { input: { file, slot } }, context: { onProgress, signal } })
 */
export interface UploadContext {
  /** Hears of the bytes on their way, in browsers. */
  readonly onProgress?: (progress: Progress) => void
  /** Cancels the upload. */
  readonly signal?: AbortSignal
  readonly headers?: Readonly<Record<string, string>>
}

/** Sends an operation with files as a form, by XMLHttpRequest where there is one. */
function uploadLink({ uri, headers = {}, credentials = 'same-origin' }: WordloomLinkOptions) {
  return new ApolloLink(
    ({ query, variables, operationName, getContext }) =>
      new Observable((observer) => {
        const cancel = new AbortController()
        const context = getContext() as UploadContext
        const own = context.signal
        const options: SendOptions = {
          headers: { ...headers, ...context.headers },
          credentials,
          signal: own ? AbortSignal.any([own, cancel.signal]) : cancel.signal,
          ...(context.onProgress && { onProgress: context.onProgress }),
        }
        const request = { query: print(query), variables, ...(operationName && { operationName }) }
        sendUpload(uri, request, options).then(
          ({ status, text }) => {
            try {
              observer.next(JSON.parse(text) as ApolloLink.Result)
              observer.complete()
            } catch {
              const response = new Response(text, { status })
              observer.error(
                new ServerError(`The server answered with ${status}.`, { response, bodyText: text }),
              )
            }
          },
          (error: unknown) => {
            observer.error(error)
          },
        )
        return () => {
          cancel.abort()
        }
      }),
  )
}

/** The link of a client: plain requests by `HttpLink`, those with files as forms that report their progress. */
export const wordloomLink = (options: WordloomLinkOptions): ApolloLink =>
  ApolloLink.split(({ variables }) => hasFiles(variables), uploadLink(options), new HttpLink(options))
