import type { AuditPolicy } from '../../apiserver/index.ts'
import { dns1123SubdomainErrors } from '../../machinery/index.ts'
import { ConfigError, duration, fieldsOf, integer, listOf, oneOf, type Reader, text, truth } from './read-fields.ts'

/** Where what the API server writes down of requests goes to. */
export interface AuditBackends {
  readonly log?: AuditLogOptions
  readonly webhook?: AuditWebhookOptions
}
/** The log file; the names are those of kube-apiserver's `--audit-log-…` flags. */
export interface AuditLogOptions {
  /** `logs/audit.log` below the data directory when left out. */
  readonly path?: string
  /** MiB at which the file is turned over; 100 when left out. */
  readonly maxSize?: number
  /** Old files that are kept; 10 when left out. */
  readonly maxBackup?: number
  /** Days that old files are kept; for ever when left out. */
  readonly maxAge?: number
}
/** The webhook, as kube-apiserver's `--audit-webhook-…` flags describe it. */
export interface AuditWebhookOptions {
  /** A kubeconfig that names the server and how to show who is calling. */
  readonly configFile: string
  /** `batch` when left out; a request waits for the webhook in the others, and fails with it in `blocking-strict`. */
  readonly mode?: 'batch' | 'blocking' | 'blocking-strict'
  readonly batchBufferSize?: number
  readonly batchMaxSize?: number
  readonly batchMaxWait?: string
  readonly initialBackoff?: string
}

/** What is written down of requests, and where it goes. */
export interface AuditChoices extends AuditBackends {
  readonly policy: AuditPolicy
}

export const auditPolicyKind = 'audit.k8s.io/v1/Policy'
const int32Max = 2 ** 31 - 1

const url: Reader<string> = (value, path) => {
  const known = text(value, path)
  if (known === '*') return known
  if (!known.startsWith('/')) throw new ConfigError(`${path} is ${JSON.stringify(known)}, which does not begin with /`)
  if (known.slice(0, -1).includes('*'))
    throw new ConfigError(`${path} is ${JSON.stringify(known)}, where * may only be the last character`)
  return known
}
const group: Reader<string> = (value, path) => {
  const known = text(value, path)
  const [problem] = known === '' || known === '*' ? [] : dns1123SubdomainErrors(known)
  if (problem !== undefined) throw new ConfigError(`${path} is ${JSON.stringify(known)}: ${problem}`)
  return known
}
const stages = listOf(oneOf('RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'))
const resources = fieldsOf({ group, resources: listOf(text), resourceNames: listOf(text) })
const ruleFields = fieldsOf({
  level: oneOf('None', 'Metadata', 'Request', 'RequestResponse'),
  users: listOf(text),
  userGroups: listOf(text),
  verbs: listOf(text),
  namespaces: listOf(text),
  resources: listOf(resources),
  nonResourceURLs: listOf(url),
  omitStages: stages,
  omitManagedFields: truth,
})
const rule: Reader<ReturnType<typeof ruleFields>> = (value, path) => {
  const known = ruleFields(value, path)
  if (known.level === undefined) throw new ConfigError(`${path}.level must be given`)
  known.resources?.forEach((one, index) => {
    if ((one.resourceNames?.length ?? 0) > 0 && (one.resources?.length ?? 0) === 0)
      throw new ConfigError(`${path}.resources[${index}].resourceNames needs resources beside it`)
  })
  const isAboutObjects = (known.resources?.length ?? 0) > 0 || (known.namespaces?.length ?? 0) > 0
  if ((known.nonResourceURLs?.length ?? 0) > 0 && isAboutObjects)
    throw new ConfigError(`${path} has nonResourceURLs beside resources or namespaces: make two rules of it`)
  return known
}
const policyFields = fieldsOf(
  { omitStages: stages, omitManagedFields: truth, rules: listOf(rule) },
  new Set(['metadata']),
)

/** Reads the fields of a Policy. Throws a ConfigError that names what is wrong. */
export function readAuditPolicy(fields: object): AuditPolicy {
  const policy = policyFields(fields, '')
  if ((policy.rules?.length ?? 0) === 0) throw new ConfigError('rules must have at least one rule')
  return policy as AuditPolicy
}

const webhookFields = fieldsOf({
  configFile: text,
  mode: oneOf('batch', 'blocking', 'blocking-strict'),
  batchBufferSize: integer(1, int32Max),
  batchMaxSize: integer(1, int32Max),
  batchMaxWait: duration,
  initialBackoff: duration,
})
const webhook: Reader<AuditWebhookOptions> = (value, path) => {
  const known = webhookFields(value, path)
  if (known.configFile === undefined) throw new ConfigError(`${path}.configFile must be given`)
  return known as AuditWebhookOptions
}
/** Reads `audit` of a ClusterConfiguration. */
export const auditBackends = fieldsOf({
  log: fieldsOf({
    path: text,
    maxSize: integer(0, int32Max),
    maxBackup: integer(0, int32Max),
    maxAge: integer(0, int32Max),
  }),
  webhook,
}) as Reader<AuditBackends>
