import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client'
import type { AnsweredRequest, Metrics, Sources } from './metrics.ts'
import { operationNames } from './operation-names.ts'
import { watchSources } from './sources.ts'

/** The upper bounds of durations, in seconds. */
const requestBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
const jobBuckets = [0.01, 0.05, 0.25, 1, 5, 15, 60, 300, 900]

/** Opens the metrics of a process. Each has a registry of its own. */
export function openMetrics(sources: Sources): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const readSources = watchSources(registers, sources)

  const requests = new Histogram({
    name: 'wordloom_http_request_duration_seconds',
    help: 'How long requests took, uploads with the time in which the client sends.',
    labelNames: ['method', 'route', 'status'],
    buckets: requestBuckets,
    registers,
  })
  const operations = new Histogram({
    name: 'wordloom_graphql_operation_duration_seconds',
    help: 'How long GraphQL operations took. After many names the others are called other.',
    labelNames: ['type', 'operation'],
    buckets: requestBuckets,
    registers,
  })
  const errors = new Counter({
    name: 'wordloom_errors_total',
    help: 'Errors in answers, by their code.',
    labelNames: ['code'],
    registers,
  })
  const nameOf = operationNames()
  const requestAnswered = ({ method, route, status, seconds, operation, errorCodes }: AnsweredRequest) => {
    requests.observe({ method, route: route ?? 'none', status }, seconds)
    if (operation) operations.observe({ type: operation.type, operation: nameOf(operation.name) }, seconds)
    for (const code of errorCodes ?? []) errors.inc({ code })
  }
  return {
    requestAnswered,
    ...uploadMetrics(registers),
    ...jobMetrics(registers),
    ...storageMetrics(registers),
    text: async () => {
      await readSources()
      return registry.metrics()
    },
    contentType: registry.contentType,
  }
}

function uploadMetrics(registers: Registry[]): Pick<Metrics, 'uploadEnded'> {
  const uploads = new Counter({
    name: 'wordloom_uploads_total',
    help: 'Uploads that ended, by the decision on the file; ERROR: neither taken nor refused.',
    labelNames: ['decision'],
    registers,
  })
  const bytes = new Counter({
    name: 'wordloom_upload_bytes_total',
    help: 'The sizes of uploaded files, by the decision on the file.',
    labelNames: ['decision'],
    registers,
  })
  return {
    uploadEnded: (decision, size) => {
      uploads.inc({ decision })
      bytes.inc({ decision }, size)
    },
  }
}

function jobMetrics(registers: Registry[]): Pick<Metrics, 'jobEnded'> {
  const attempts = new Histogram({
    name: 'wordloom_job_duration_seconds',
    help: 'How long attempts of jobs took in this process.',
    labelNames: ['kind', 'outcome'],
    buckets: jobBuckets,
    registers,
  })
  return { jobEnded: (kind, outcome, seconds) => attempts.observe({ kind, outcome }, seconds) }
}

function storageMetrics(registers: Registry[]): Pick<Metrics, 'storageAnswered' | 'bytesMoved'> {
  const answers = new Histogram({
    name: 'wordloom_storage_operation_duration_seconds',
    help: 'How long the storage took to answer; for reads, until the first byte.',
    labelNames: ['operation'],
    buckets: requestBuckets,
    registers,
  })
  const failures = new Counter({
    name: 'wordloom_storage_errors_total',
    help: 'Operations of the storage that failed.',
    labelNames: ['operation'],
    registers,
  })
  const bytes = new Counter({
    name: 'wordloom_storage_bytes_total',
    help: 'Bytes read from the storage, and written to it.',
    labelNames: ['direction'],
    registers,
  })
  return {
    storageAnswered: (operation, seconds, failed) => {
      answers.observe({ operation }, seconds)
      if (failed) failures.inc({ operation })
    },
    bytesMoved: (direction, size) => bytes.inc({ direction }, size),
  }
}
