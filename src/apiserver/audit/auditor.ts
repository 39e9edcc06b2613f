import {
  type Clock,
  cloneJson,
  internalError,
  type Metrics,
  microTimestampOf,
  type Random,
  type Status,
} from '../../machinery/index.ts'
import type { Identity } from '../request.ts'
import { type AuditDecision, type AuditedRequest, type AuditPolicy, type AuditStage, decideAudit } from './policy.ts'

interface AuditUser {
  readonly username: string
  readonly uid?: string
  readonly groups?: readonly string[]
  readonly extra?: Readonly<Record<string, readonly string[]>>
}

/** audit.k8s.io/v1 Event. */
export interface AuditEvent {
  readonly kind: 'Event'
  readonly apiVersion: 'audit.k8s.io/v1'
  readonly level: string
  readonly auditID: string
  readonly stage: AuditStage
  readonly requestURI: string
  readonly verb: string
  readonly user: AuditUser
  readonly impersonatedUser?: AuditUser
  readonly authenticationMetadata?: { readonly impersonationConstraint: string }
  readonly sourceIPs: readonly string[]
  readonly userAgent?: string
  readonly objectRef?: Readonly<Record<string, string>>
  readonly responseStatus?: Partial<Status>
  readonly requestObject?: unknown
  readonly responseObject?: unknown
  readonly requestReceivedTimestamp: string
  readonly stageTimestamp: string
  readonly annotations?: Readonly<Record<string, string>>
}

/** Where events go. It never throws: what it cannot keep up with it counts and drops. */
export interface AuditSink {
  /** A promise is waited for before a request goes on; false: the request must not. */
  write(event: AuditEvent): void | Promise<boolean>
}

export interface AuditParts {
  readonly policy: AuditPolicy
  readonly sinks: readonly AuditSink[]
  readonly clock: Clock
  readonly random: Random
  readonly metrics: Metrics
}

/** One request as it came in. */
export interface AuditedCall extends AuditedRequest {
  /** Given by the caller (Audit-ID), or made up. */
  readonly id: string
  /** Path and query. */
  readonly uri: string
  readonly userAgent: string
  readonly sourceIPs: readonly string[]
  readonly receivedMs: number
}

/** Kubernetes: longer user agents are cut. */
const userAgentMax = 1024

/** Begins a record of each request that the policy wants written down. */
export class Auditor {
  readonly #parts: AuditParts
  readonly #levels: ReturnType<Metrics['counter']>
  readonly #events: ReturnType<Metrics['counter']>

  constructor(parts: AuditParts) {
    this.#parts = parts
    this.#levels = parts.metrics.counter(
      'apiserver_audit_level_total',
      'Counter of policy levels for audit events (1 per request).',
    )
    this.#events = parts.metrics.counter(
      'apiserver_audit_event_total',
      'Counter of audit events generated and sent to the audit backend.',
    )
  }

  /** Undefined when nothing is to be written about the request. */
  begin(call: AuditedCall): AuditRecord | undefined {
    const decision = decideAudit(this.#parts.policy, call)
    this.#levels.inc({ level: decision.level })
    if (decision.level === 'None') return undefined
    const record = new AuditRecord(call, decision, this.#parts.clock, (event) => {
      this.#events.inc()
      return this.#parts.sinks.flatMap((sink) => promised(sink.write(event)))
    })
    if (call.identity.name !== '') record.reach('RequestReceived')
    return record
  }
}

/** What is noted of one request while it is served. */
export class AuditRecord {
  readonly #call: AuditedCall
  readonly #decision: AuditDecision
  readonly #clock: Clock
  readonly #write: (event: AuditEvent) => readonly Promise<boolean>[]
  #received: readonly Promise<boolean>[] = []
  readonly #annotations: Record<string, string> = {}
  #impersonated: Identity | undefined
  #constraint = ''
  #ref: Record<string, string> | undefined
  #request: unknown
  #status: Partial<Status> | undefined
  #response: unknown

  constructor(
    call: AuditedCall,
    decision: AuditDecision,
    clock: Clock,
    write: (event: AuditEvent) => readonly Promise<boolean>[],
  ) {
    this.#call = call
    this.#decision = decision
    this.#clock = clock
    this.#write = write
    if (call.resource !== undefined) {
      const { resource, namespace, name, group, version, subresource } = call.resource
      this.#ref = withoutEmpty({ resource, namespace, name, apiGroup: group, apiVersion: version, subresource })
    }
  }

  /** Resolves once it is written down that the request came in, where that is waited for. Rejects when it cannot be and must. */
  received(): Promise<void> | undefined {
    if (this.#received.length === 0) return undefined
    return Promise.all(this.#received).then((all) => {
      if (all.includes(false)) throw internalError(new Error('failed to store audit event'))
    })
  }

  get wantsRequest(): boolean {
    return this.#decision.level === 'Request' || this.#decision.level === 'RequestResponse'
  }

  get wantsResponse(): boolean {
    return this.#decision.level === 'RequestResponse'
  }

  /** Kubernetes: what was noted first stays. */
  readonly annotate = (key: string, value: string): void => {
    if (!Object.hasOwn(this.#annotations, key)) this.#annotations[key] = value
  }

  actsAs(identity: Identity, constraint: string): void {
    this.#impersonated = identity
    this.#constraint = constraint
  }

  /** The body as it was read; a copy is kept, since drafts are changed. */
  requested(body: unknown): void {
    if (typeof body !== 'object' || body === null) return
    const { metadata } = body as { metadata?: Record<string, unknown> }
    if (typeof metadata === 'object' && metadata !== null && this.#ref !== undefined) {
      for (const key of ['namespace', 'name', 'uid', 'resourceVersion'])
        if (this.#ref[key] === undefined && typeof metadata[key] === 'string' && metadata[key] !== '')
          this.#ref[key] = metadata[key]
    }
    if (this.#decision.level !== 'Metadata') this.#request = this.#trimmed(cloneJson(body))
  }

  /** The answer's code, and the object when it is wanted; a failure's Status at every level. */
  answered(code: number, failure?: Status, object?: unknown): void {
    this.#status = failure === undefined ? { metadata: {}, code } : withoutBody(failure)
    if (this.wantsResponse) this.#response = this.#trimmed(failure ?? object)
  }

  /** The head of a reply that will take its time. */
  started(code: number): void {
    if (this.#status === undefined) this.answered(code)
    this.reach('ResponseStarted')
  }

  /** Kubernetes: a caller nobody knows is written down once, as the answer begins. */
  refused(failure: Status): void {
    this.answered(failure.code ?? 401, failure)
    this.reach('ResponseStarted')
  }

  /** The end of a request, of which nothing but the code may be known. */
  ended(code: number): void {
    if (this.#status === undefined) this.answered(code)
    this.reach('ResponseComplete')
  }

  /** Writes what is known at a stage, unless the policy leaves that stage out. */
  reach(stage: AuditStage): void {
    if (this.#decision.omitStages.includes(stage)) return
    const { id, uri, verb, identity, userAgent, sourceIPs, receivedMs } = this.#call
    const written = this.#write({
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      level: this.#decision.level,
      auditID: id,
      stage,
      requestURI: uri,
      verb,
      user: userOf(identity),
      ...(this.#impersonated === undefined ? {} : { impersonatedUser: userOf(this.#impersonated) }),
      ...(this.#constraint === '' ? {} : { authenticationMetadata: { impersonationConstraint: this.#constraint } }),
      sourceIPs,
      ...(userAgent === '' ? {} : { userAgent: cut(userAgent) }),
      ...(this.#ref === undefined ? {} : { objectRef: { ...this.#ref } }),
      ...(this.#status === undefined ? {} : { responseStatus: this.#status }),
      ...(this.#request === undefined ? {} : { requestObject: this.#request }),
      ...(this.#response === undefined ? {} : { responseObject: this.#response }),
      requestReceivedTimestamp: microTimestampOf(receivedMs),
      stageTimestamp: microTimestampOf(this.#clock.now()),
      ...(Object.keys(this.#annotations).length === 0 ? {} : { annotations: { ...this.#annotations } }),
    })
    if (stage === 'RequestReceived') this.#received = written
  }

  #trimmed(object: unknown): unknown {
    if (!this.#decision.omitManagedFields || typeof object !== 'object' || object === null) return object
    const { items, ...rest } = object as { items?: readonly object[]; metadata?: object }
    if (Array.isArray(items)) return { ...rest, items: items.map(withoutManagedFields) }
    return withoutManagedFields(object)
  }
}

/** What is to be waited for; most sinks have nothing. */
function promised(written: void | Promise<boolean>): readonly Promise<boolean>[] {
  return written instanceof Promise ? [written] : []
}

function withoutManagedFields(object: object): object {
  const { metadata, ...rest } = object as { metadata?: { managedFields?: unknown } }
  if (metadata?.managedFields === undefined) return object
  const { managedFields: _, ...meta } = metadata
  return { ...rest, metadata: meta }
}

/** Kubernetes: the Status of a record has no kind and no version of its own. */
function withoutBody({ kind: _kind, apiVersion: _version, ...status }: Status): Partial<Status> {
  return status
}

function withoutEmpty(members: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== ''))
}

function userOf({ name, uid, groups, extra }: Identity): AuditUser {
  return {
    username: name,
    ...(uid === undefined || uid === '' ? {} : { uid }),
    ...(groups.length === 0 ? {} : { groups }),
    ...(extra === undefined || Object.keys(extra).length === 0 ? {} : { extra }),
  }
}

function cut(userAgent: string): string {
  return userAgent.length <= userAgentMax ? userAgent : `${userAgent.slice(0, userAgentMax)}...TRUNCATED`
}
