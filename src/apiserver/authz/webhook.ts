import { type Clock, Metrics } from '../../machinery/index.ts'
import type { Identity } from '../request.ts'
import { AnswerCache, askPatiently, type PostReview } from '../webhooks/post-review.ts'
import type { NamedAuthorizer } from './authorize.ts'
import type { AuthorizationQuery, Decision } from './rbac.ts'
import { reviewSelectors } from './selectors.ts'

/** Kubernetes: what was allowed is believed for five minutes, what was not for half a minute. */
const allowedKeptMs = 5 * 60_000
const refusedKeptMs = 30_000
const keptMax = 8192
/** Kubernetes: longer questions are not kept. */
const keptLengthMax = 10_000
const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** What a server outside is asked, as its review says it. */
export interface ReviewSpec {
  readonly user: string
  readonly uid?: string
  readonly groups: readonly string[]
  readonly extra?: Readonly<Record<string, readonly string[]>>
  readonly resourceAttributes?: Readonly<Record<string, any>>
  readonly nonResourceAttributes?: { readonly path: string; readonly verb: string }
}

export interface WebhookOptions {
  readonly name: string
  readonly post: PostReview
  readonly clock: Clock
  readonly metrics?: Metrics
  /** The version of SubjectAccessReview that it understands. */
  readonly version?: string
  /** How long answers are believed; 0 for not at all. */
  readonly allowedKeptMs?: number
  readonly refusedKeptMs?: number
  /** Whether a server that cannot be asked denies; without, it has no opinion. */
  readonly deniesOnError?: boolean
  /** Whether it is asked about this; a problem is a condition that could not be told. */
  readonly concerns?: (spec: ReviewSpec) => boolean | { readonly problem: string }
  readonly complain?: (error: unknown) => void
}

/** Asks a server outside (SubjectAccessReview). */
export function webhookAuthorizer(options: WebhookOptions): NamedAuthorizer {
  const { name, post, clock, version = 'v1', deniesOnError = false, concerns } = options
  const known = new AnswerCache<Decision>(clock, keptMax)
  const counted = webhookMetrics(options.metrics ?? new Metrics())
  const onError: Decision = { allowed: false, reason: '', ...(deniesOnError ? { denied: true } : {}) }
  const ask = async (spec: ReviewSpec): Promise<any> => {
    const startedMs = clock.monotonic()
    const observe = (result: string) => counted.asked(name, result, (clock.monotonic() - startedMs) / 1000)
    try {
      const review = { apiVersion: `authorization.k8s.io/${version}`, kind: 'SubjectAccessReview', metadata: {} }
      const answer = await post({ ...review, spec: version === 'v1beta1' ? olderSpec(spec) : spec })
      observe('success')
      return answer
    } catch (error) {
      observe(/in time|timed? ?out/i.test(String(error)) ? 'timeout' : 'error')
      throw error
    }
  }
  return {
    type: 'Webhook',
    name,
    async authorize(identity, query) {
      const spec: ReviewSpec = { ...subjectOf(identity), ...attributesOf(query) }
      const concerned = concerns?.(spec) ?? true
      if (typeof concerned !== 'boolean') {
        options.complain?.(new Error(concerned.problem))
        return onError
      }
      if (!concerned) return undefined
      const key = JSON.stringify(spec)
      const kept = known.get(key)
      if (kept !== undefined) return kept
      let status: any
      try {
        status = (await askPatiently(() => ask(spec), {}, clock))?.status ?? {}
      } catch (error) {
        options.complain?.(error)
        if (!deniesOnError) counted.failedOpen(name, /in time|timed? ?out/i.test(String(error)) ? 'timeout' : 'error')
        return onError
      }
      const denied = status.denied === true
      const decision = {
        allowed: status.allowed === true && !denied,
        reason: status.reason ?? '',
        ...(denied ? { denied } : {}),
      }
      const keptMs =
        status.allowed === true ? (options.allowedKeptMs ?? allowedKeptMs) : (options.refusedKeptMs ?? refusedKeptMs)
      if (keptMs > 0 && key.length <= keptLengthMax) known.set(key, decision, keptMs)
      return decision
    },
  }
}

function webhookMetrics(metrics: Metrics) {
  const prefix = 'apiserver_authorization_webhook'
  const evaluations = metrics.counter(`${prefix}_evaluations_total`, 'Round-trips to authorization webhooks.')
  const seconds = metrics.histogram(`${prefix}_duration_seconds`, 'Request latency in seconds.', durationBuckets)
  const failOpen = metrics.counter(
    `${prefix}_evaluations_fail_open_total`,
    'NoOpinion results due to webhook timeout or error.',
  )
  return {
    asked(name: string, result: string, took: number) {
      evaluations.inc({ name, result })
      seconds.observe(took, { name, result })
    },
    failedOpen: (name: string, result: string) => failOpen.inc({ name, result }),
  }
}

/** Kubernetes: the older version says `group`, and means groups. */
function olderSpec({ groups, ...rest }: ReviewSpec): object {
  return { ...rest, group: groups }
}

function subjectOf({ name, uid, groups, extra }: Identity) {
  return { user: name, groups, ...(uid === undefined ? {} : { uid }), ...(extra === undefined ? {} : { extra }) }
}

function attributesOf(query: AuthorizationQuery): Pick<ReviewSpec, 'resourceAttributes' | 'nonResourceAttributes'> {
  const { path, verb, ...rest } = query
  if (path !== undefined) return { nonResourceAttributes: { path, verb } }
  const { namespace, group, version, resource, subresource, name } = rest
  const given = Object.entries({ namespace, verb, group, version, resource, subresource, name }).filter(
    ([, value]) => value !== undefined && value !== '',
  )
  return { resourceAttributes: { ...Object.fromEntries(given), ...reviewSelectors(rest) } }
}
