import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { AuditPolicy, AuditSink, NetworkConnection } from '../../apiserver/index.ts'
import { credentialsFromKubeconfig } from '../../client/index.ts'
import type { Clock, Log, Metrics } from '../../machinery/index.ts'
import type { ClusterSettings } from '../config/settings.ts'
import { rotatingWriter } from '../logs/files.ts'
import { layoutOf } from '../process/directory.ts'
import { webhookSink } from './webhook.ts'

const mebibyte = 1 << 20
const dayMs = 24 * 60 * 60_000

export interface AuditSinkParts {
  readonly settings: ClusterSettings
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  readonly connectNetwork: NetworkConnection
  /** What is to be awaited before the process ends. */
  readonly running: Promise<void>[]
}

/** The policy of a cluster and where what it asks for is written; undefined when nothing is. */
export function auditOf(
  parts: AuditSinkParts,
  signal: AbortSignal,
): { readonly policy: AuditPolicy; readonly sinks: readonly AuditSink[] } | undefined {
  const { audit, dataDirectory } = parts.settings
  if (audit === undefined) return undefined
  const errors = parts.metrics.counter(
    'apiserver_audit_error_total',
    'Counter of audit events that failed to be audited properly. Plugin identifies the plugin affected by the error.',
  )
  const sinks: AuditSink[] = []
  if (audit.log !== undefined || audit.webhook === undefined) {
    const { path, maxSize = 100, maxBackup = 10, maxAge = 0 } = audit.log ?? {}
    const file = path ?? join(layoutOf(dataDirectory).logs, 'audit.log')
    mkdirSync(dirname(file), { recursive: true })
    const limits = {
      bytesMax: maxSize * mebibyte,
      oldKept: maxBackup,
      mode: 0o600,
      ...(maxAge === 0 ? {} : { oldestMs: () => parts.clock.now() - maxAge * dayMs }),
    }
    const write = rotatingWriter(file, limits)
    sinks.push({
      write(event) {
        try {
          write(`${JSON.stringify(event)}\n`)
        } catch (error) {
          errors.inc({ plugin: 'log' })
          parts.log.error('the audit log cannot be written', error, { file })
        }
      },
    })
  }
  if (audit.webhook !== undefined) {
    const credentials = credentialsFromKubeconfig(audit.webhook.configFile)
    const onLost = (count: number, error: unknown) => {
      errors.inc({ plugin: 'webhook' }, count)
      parts.log.error('audit events were not delivered', error, { count, server: credentials.server })
    }
    const { sink, ended } = webhookSink({ ...parts, credentials, options: audit.webhook, onLost }, signal)
    sinks.push(sink)
    parts.running.push(ended)
  }
  return { policy: audit.policy, sinks }
}
