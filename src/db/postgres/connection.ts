/** How to reach a PostgreSQL: a URL, or the socket folder of the embedded one. */
export type Connection =
  | { readonly connectionString: string }
  | { readonly host: string; readonly port: number; readonly user: string; readonly database: string }

/** How long the database may take to accept a connection, or to say what it does, unless configured otherwise. */
export const answerMs = 5_000

/**
 * The server finds out within half a minute that the other end of a connection is gone, and releases its locks. Its
 * system would take two hours. On a Unix socket it has no effect and no need.
 */
export const noticeLostClients =
  'set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 3'
