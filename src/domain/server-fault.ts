import { Unavailable } from './unavailable.ts'

/** Refers to the log for the cause, which clients do not see. */
const inLog = (requestId: string) => `The cause is in the server log under the request ID ${requestId}.`

/** The answer to a client for a failure that is not its fault. */
export const serverFault = (error: unknown, requestId: string) =>
  error instanceof Unavailable
    ? { status: 503, code: error.clientCode, message: `${error.clientMessage} ${inLog(requestId)}` }
    : {
        status: 500,
        code: 'INTERNAL_SERVER_ERROR',
        message: `Something went wrong on the server. ${inLog(requestId)}`,
      }
