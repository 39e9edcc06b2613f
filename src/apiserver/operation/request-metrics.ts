import type { CounterSeries, LabelValues, Metrics, Series } from '../../machinery/index.ts'
import type { Route } from '../http/route.ts'
import { isTrue } from '../query-texts.ts'
import type { Identity } from '../request.ts'

/** A request as metrics tell it apart. */
export interface Measured {
  readonly method: string
  readonly path: string
  readonly route: Route
  readonly search: URLSearchParams
  readonly contentType: string | undefined
}

/** Told of every request over HTTP. */
export interface RequestMetrics {
  /** Counts a request that lasts until it is disposed. */
  lasting(request: Measured): Disposable
  finished(
    request: Measured,
    how: {
      readonly code: number
      readonly seconds: number
      /** How much of it somebody else was waited for: webhooks, and one's turn. */
      readonly elsewhereSeconds: number
      readonly bytes: number
      readonly bodyBytes?: number | undefined
      readonly deprecated: boolean
      /** Whether the caller went away before the answer. */
      readonly aborted: boolean
    },
  ): void
  /** Counts the events that watches of a kind are sent, each of so many bytes. */
  eventsOf(kind: { readonly group: string; readonly version: string; readonly plural: string }): (bytes: number) => void
  /** A request that was not served, since there are too many. */
  turnedAway(request: Measured, code: number): void
  /** How long the certificate that a caller came with is still good. */
  certificateLasts(seconds: number): void
  /** How long a part of a request's way took that all of them go. */
  passed(filter: 'authentication' | 'priorityandfairness', seconds: number): void
  /** A watch that began with what was there has sent it. */
  listed(request: Measured, seconds: number): void
  /** The outcome of finding out who calls; without an identity it failed. */
  authenticated(identity: Identity | undefined, seconds: number): void
}

const durationBuckets = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
]
const sliBuckets = durationBuckets.slice(2)
const bodyBuckets = Array.from({ length: 31 }, (_, step) => 50_000 + step * 100_000)
const certificateBuckets = [
  0, 1800, 3600, 7200, 21_600, 43_200, 86_400, 172_800, 345_600, 604_800, 2_592_000, 7_776_000, 15_552_000, 31_104_000,
]
const filterBuckets = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 5, 10, 15, 30]
const sizeBuckets = Array.from({ length: 7 }, (_, power) => 1000 * 10 ** power)
const authenticationBuckets = Array.from({ length: 15 }, (_, power) => 0.001 * 2 ** power)
const connecting: ReadonlySet<string> = new Set(['attach', 'exec', 'log', 'portforward', 'proxy'])
const methods: ReadonlySet<string> = new Set(['DELETE', 'GET', 'PATCH', 'POST', 'PUT'])
/** Paths beside the API that Kubernetes counts, as if they were subresources. */
const countedPath = /^\/(?:livez|readyz|healthz|metrics)(?:\/|$)/

/** Kubernetes: methods, but for reading, watching, applying and connecting, which are told apart. */
export function measuredVerb({ method, route, search, contentType }: Measured): string {
  if (route.type === 'path') return method === 'HEAD' ? 'GET' : methods.has(method) ? method : 'other'
  if (connecting.has(route.subresource)) return 'CONNECT'
  const watches = route.watch || isTrue(search.get('watch') ?? undefined)
  if (method === 'GET' || method === 'HEAD') {
    if (watches && route.subresource === '') return 'WATCH'
    return scopeOf(method, route) === 'resource' ? 'GET' : 'LIST'
  }
  if (method === 'PATCH' && contentType === 'application/apply-patch+yaml') return 'APPLY'
  return methods.has(method) ? method : 'other'
}

function scopeOf(method: string, route: Route): string {
  if (route.type === 'path') return ''
  const named = route.name !== undefined || (route.resource === 'namespaces' && route.namespace !== undefined)
  if (named || method === 'POST') return 'resource'
  return route.namespace === undefined ? 'cluster' : 'namespace'
}

/** Kubernetes' metrics of requests. Labels are put together once per kind of request. */
export function requestMetrics(metrics: Metrics): RequestMetrics {
  const total = metrics.counter(
    'apiserver_request_total',
    'Counter of apiserver requests broken out for each verb, dry run value, group, version, resource, scope, component, and HTTP response code.',
  )
  const seconds = metrics.histogram(
    'apiserver_request_duration_seconds',
    'Response latency distribution in seconds for each verb, dry run value, group, version, resource, subresource, scope and component.',
    durationBuckets,
  )
  const sizes = metrics.histogram(
    'apiserver_response_sizes',
    'Response size distribution in bytes for each group, version, verb, resource, subresource, scope and component.',
    sizeBuckets,
  )
  const sli = metrics.histogram(
    'apiserver_request_sli_duration_seconds',
    'Response latency distribution (not counting webhook duration and priority & fairness queue wait times) in seconds for each verb, group, version, resource, subresource, scope and component.',
    sliBuckets,
  )
  const bodies = metrics.histogram(
    'apiserver_request_body_size_bytes',
    'Apiserver request body size in bytes broken out by resource and verb.',
    bodyBuckets,
  )
  const terminations = metrics.counter(
    'apiserver_request_terminations_total',
    'Number of requests which apiserver terminated in self-defense.',
  )
  const aborts = metrics.counter(
    'apiserver_request_aborts_total',
    'Number of requests which apiserver aborted possibly due to a timeout, for each group, version, verb, resource, subresource and scope',
  )
  const validations = metrics.histogram(
    'field_validation_request_duration_seconds',
    'Response latency distribution in seconds for each field validation value',
    sliBuckets,
  )
  const certificates = metrics.histogram(
    'apiserver_client_certificate_expiration_seconds',
    'Distribution of the remaining lifetime on the certificate used to authenticate a request.',
    certificateBuckets,
  )
  const filters = metrics.histogram(
    'apiserver_request_filter_duration_seconds',
    'Request filter latency distribution in seconds, for each filter type',
    filterBuckets,
  )
  const filterSeries = new Map<string, Series>()
  const events = metrics.counter('apiserver_watch_events_total', 'Number of events sent in watch clients')
  const eventSizes = metrics.histogram(
    'apiserver_watch_events_sizes',
    'Watch event size distribution in bytes',
    Array.from({ length: 8 }, (_, power) => 1024 * 2 ** power),
  )
  const eventCounts = new Map<string, (bytes: number) => void>()
  const deprecated = metrics.gauge(
    'apiserver_requested_deprecated_apis',
    'Gauge of deprecated APIs that have been requested, broken out by API group, version, resource, subresource, and removed_release.',
  )
  const { lasting, authenticated } = { lasting: lastingRequests(metrics), authenticated: authentications(metrics) }
  const known = new Map<string, Known>()
  const knownOf = (request: Measured, code: number): Known => {
    const labels = labelsOf(request)
    const { group, version, resource, subresource, scope, verb, dry_run } = labels
    const key = `${verb} ${group} ${version} ${resource} ${subresource} ${scope} ${dry_run} ${code}`
    let found = known.get(key)
    if (found === undefined) {
      const { dry_run: _dryRun, ...undried } = labels
      found = {
        total: total.series({ ...labels, code: String(code) }),
        seconds: seconds.series(labels),
        sli: sli.series(undried),
        ...(changing.has(verb) ? { bodies: bodies.series({ group, resource, verb: bodyVerbs[verb]! }) } : {}),
        ...(verb === 'GET' || verb === 'LIST' ? { sizes: sizes.series(undried) } : {}),
      }
      known.set(key, found)
    }
    return found
  }
  const watchLists = metrics.histogram(
    'apiserver_watch_list_duration_seconds',
    'Response latency distribution in seconds for watch list requests broken by group, version, resource and scope.',
    [0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 2, 4, 6, 8, 10, 15, 20, 30, 45, 60],
  )
  return {
    lasting,
    authenticated,
    eventsOf({ group, version, plural: resource }) {
      const key = `${resource}.${version}.${group}`
      let count = eventCounts.get(key)
      if (count === undefined) {
        const labels = { group, resource, version }
        const [total, sizes] = [events.series(labels), eventSizes.series(labels)]
        count = (bytes) => {
          total.inc()
          sizes.observe(bytes)
        }
        eventCounts.set(key, count)
      }
      return count
    },
    turnedAway(request, code) {
      const { dry_run: _dryRun, ...labels } = labelsOf(request)
      terminations.inc({ code: String(code), ...labels })
    },
    certificateLasts: (left) => certificates.observe(left),
    passed(filter, took) {
      let series = filterSeries.get(filter)
      if (series === undefined) filterSeries.set(filter, (series = filters.series({ filter })))
      series.observe(took)
    },
    listed(request, took) {
      if (!isTrue(request.search.get('sendInitialEvents') ?? undefined) || measuredVerb(request) !== 'WATCH') return
      const { group, version, resource, scope } = labelsOf(request)
      watchLists.observe(took, { group, resource, scope, version })
    },
    finished(request, { code, seconds: took, elsewhereSeconds, bytes, bodyBytes, deprecated: isDeprecated, aborted }) {
      const { route } = request
      if (route.type === 'path' && !countedPath.test(request.path)) return
      const found = knownOf(request, code)
      found.total.inc()
      found.seconds.observe(took)
      found.sli.observe(Math.max(0, took - elsewhereSeconds))
      found.sizes?.observe(bytes)
      if (bodyBytes !== undefined) found.bodies?.observe(bodyBytes)
      const asked = request.search.get('fieldValidation')
      if (asked !== null && route.type === 'resource') validations.observe(took, { field_validation: asked })
      if (aborted && route.type === 'resource') {
        const { group, version, resource, subresource, scope, verb } = labelsOf(request)
        aborts.inc({ group, resource, scope, subresource: subresource ?? '', verb, version })
      }
      if (!isDeprecated || route.type !== 'resource') return
      const { group, version, resource, subresource } = route
      deprecated.set(1, { group, version, resource, subresource, removed_release: '' })
    },
  }
}

interface Known {
  readonly total: CounterSeries
  readonly seconds: Series
  readonly sli: Series
  readonly sizes?: Series
  readonly bodies?: Series
}
/** What a body was sent for, as that metric has it. */
const bodyVerbs: Readonly<Record<string, string>> = { POST: 'create', PUT: 'update', PATCH: 'patch', APPLY: 'patch' }
const changing: ReadonlySet<string> = new Set(Object.keys(bodyVerbs))

function labelsOf(
  request: Measured,
): LabelValues & Record<'group' | 'version' | 'resource' | 'scope' | 'verb', string> {
  const { route, method, path, search } = request
  const { group, version, resource, subresource } =
    route.type === 'resource' ? route : { group: '', version: '', resource: '', subresource: path }
  const dry_run = [...new Set(search.getAll('dryRun'))].sort().join(',')
  const scope = scopeOf(method, route)
  return { component: 'apiserver', dry_run, group, resource, scope, subresource, verb: measuredVerb(request), version }
}

function lastingRequests(metrics: Metrics): RequestMetrics['lasting'] {
  const counts = new Map<string, { readonly labels: LabelValues; value: number }>()
  metrics.readings(
    'apiserver_longrunning_requests',
    'gauge',
    'Gauge of all active long-running apiserver requests broken out by verb, group, version, resource, scope and component. Not all requests are tracked this way.',
    () => counts.values(),
  )
  return (request) => {
    const { dry_run: _dryRun, ...labels } = labelsOf(request)
    const key = Object.values(labels).join(' ')
    let count = counts.get(key)
    if (count === undefined) counts.set(key, (count = { labels, value: 0 }))
    count.value++
    const counted = count
    return { [Symbol.dispose]: () => void counted.value-- }
  }
}

function authentications(metrics: Metrics): RequestMetrics['authenticated'] {
  const attempts = metrics.counter('authentication_attempts', 'Counter of authenticated attempts.')
  const users = metrics.counter(
    'authenticated_user_requests',
    'Counter of authenticated requests broken out by username.',
  )
  const duration = metrics.histogram(
    'authentication_duration_seconds',
    'Authentication duration in seconds broken out by result.',
    authenticationBuckets,
  )
  const of = (result: string) => {
    let made: { readonly attempts: CounterSeries; readonly duration: Series } | undefined
    return () => (made ??= { attempts: attempts.series({ result }), duration: duration.series({ result }) })
  }
  const results = { success: of('success'), failure: of('failure') }
  const userSeries = new Map<string, CounterSeries>()
  return (identity, seconds) => {
    const result = results[identity === undefined ? 'failure' : 'success']()
    result.attempts.inc()
    result.duration.observe(seconds)
    if (identity === undefined) return
    const username = countedUser(identity.name)
    let series = userSeries.get(username)
    if (series === undefined) userSeries.set(username, (series = users.series({ username })))
    series.inc()
  }
}

/** Kubernetes: users are counted under a few names. */
function countedUser(name: string): string {
  if (['admin', 'client', 'kube_proxy', 'kubelet', 'system:serviceaccount:kube-system:default'].includes(name))
    return name
  return name.includes('@') ? 'email_id' : 'other'
}
