import {
  asksTheSame,
  type Clock,
  type CounterSeries,
  controllerOf,
  forbidden,
  internalError,
  invalidObject,
  isFullyPrivileged,
  isStricter,
  type Metrics,
  type PodSecurityPolicy,
  type PodSecurityStandard,
  podSecurityPolicyOf,
  podViolations,
  type SecuredPod,
  sameJson,
  standardText,
  statedPolicyText,
  violationsByReason,
  violationsText,
} from '../../../machinery/index.ts'
import { type Draft, type Namespace, namespaces, type Pod, pods } from '../../../resources/index.ts'
import type { Registry } from '../../registry/registry.ts'
import type { AdmissionPlugin, Attributes, StandsBy } from '../admission.ts'

/** Kubernetes: PodSecurityConfiguration, what holds where no label says otherwise, and for whom nothing holds. */
export interface PodSecurityConfiguration {
  readonly defaults: PodSecurityPolicy
  readonly exemptions: {
    readonly usernames: readonly string[]
    readonly namespaces: readonly string[]
    readonly runtimeClasses: readonly string[]
  }
}

export interface PodSecurityParts {
  readonly registry: () => Registry
  readonly clock: Clock
  readonly metrics: Metrics
  readonly configuration?: PodSecurityConfiguration
}

const open: PodSecurityStandard = { level: 'privileged', version: 'latest' }
const openToAll: PodSecurityConfiguration = {
  defaults: { enforce: open, audit: open, warn: open },
  exemptions: { usernames: [], namespaces: [], runtimeClasses: [] },
}
const annotationPrefix = 'pod-security.kubernetes.io/'
/** When a namespace becomes stricter, only so many of its pods are looked at, and only for so long. */
const podsLookedAtMax = 3000
const lookingMsMax = 1000
const ownMinorVersion = 36

/** Pods are looked at whenever something changes them but these. */
const untouching = new Set(['exec', 'attach', 'binding', 'eviction', 'log', 'portforward', 'proxy', 'status'])

const templateOf = ({ spec }: Draft): Draft | undefined => spec?.template
/** Kinds that make pods, with where they hold what the pods will be. */
const templates: Readonly<Record<string, (object: Draft) => Draft | undefined>> = {
  '/podtemplates': ({ template }) => template,
  '/replicationcontrollers': templateOf,
  'apps/replicasets': templateOf,
  'apps/deployments': templateOf,
  'apps/statefulsets': templateOf,
  'apps/daemonsets': templateOf,
  'batch/jobs': templateOf,
  'batch/cronjobs': ({ spec }) => spec?.jobTemplate?.spec?.template,
}

/** PodSecurity: refuses pods, and warns of templates, that do what the labels of their namespace do not allow. */
export function podSecurity(parts: PodSecurityParts): AdmissionPlugin {
  const configuration = parts.configuration ?? openToAll
  const count = counters(parts.metrics)
  const known = new WeakMap<Namespace, ReturnType<typeof podSecurityPolicyOf>>()
  /** Read once from each state of a namespace. */
  const policyOf = (namespace: Namespace) => {
    let policy = known.get(namespace)
    if (policy === undefined) {
      policy = podSecurityPolicyOf(namespace.metadata.labels ?? {}, configuration.defaults)
      known.set(namespace, policy)
    }
    return policy
  }
  /** Most namespaces refuse no pod anything, and no pod is looked at there. */
  const standsBy = (attributes: Attributes): StandsBy | undefined => {
    const { definition, operation, subresource, namespace: name } = attributes
    if (definition.group !== '' || definition.plural !== pods.plural || operation !== 'CREATE' || subresource !== '')
      return undefined
    if (exemptionOf(attributes, configuration) !== undefined) return undefined
    const namespace = parts.registry().current<Namespace>(namespaces, undefined, name)
    if (namespace === undefined) return undefined
    const { errors, policy } = policyOf(namespace)
    if (errors.length > 0 || !isFullyPrivileged(policy)) return undefined
    const evaluated = count.seriesOf(attributes, 'enforce', policy.enforce, true)
    const note = (annotate: Attributes['annotate']) => {
      evaluated.inc()
      annotate(`${annotationPrefix}enforce-policy`, standardText(open))
    }
    return { kinds: [namespaces], note }
  }
  return {
    name: 'PodSecurity',
    resources: ['/pods', '/namespaces', ...Object.keys(templates)],
    standsBy: (attributes) => standsBy(attributes),
    concerns: (operation) => operation === 'CREATE' || operation === 'UPDATE',
    validate(attributes) {
      const { operation, definition, subresource, object } = attributes
      if (operation !== 'CREATE' && operation !== 'UPDATE') return
      const id = `${definition.group}/${definition.plural}`
      if (id === '/namespaces') return checkNamespace(attributes, configuration, parts)
      const template = templates[id]
      if (id === '/pods') {
        if (untouching.has(subresource)) return
      } else if (template === undefined || subresource !== '') return
      const exemption = exemptionOf(attributes, configuration)
      if (exemption !== undefined) {
        count.exempt(attributes)
        attributes.annotate(`${annotationPrefix}exempt`, exemption)
        return
      }
      const namespace = parts.registry().current<Namespace>(namespaces, undefined, attributes.namespace)
      if (namespace === undefined) {
        count.error(attributes, id === '/pods')
        const why = `failed to lookup namespace ${JSON.stringify(attributes.namespace)}`
        if (id === '/pods') throw internalError(new Error(why))
        attributes.annotate(`${annotationPrefix}error`, why)
        return
      }
      const found = policyOf(namespace)
      if (id === '/pods' && found.errors.length === 0 && isFullyPrivileged(found.policy)) {
        count.evaluation(attributes, 'enforce', found.policy.enforce, true)
        attributes.annotate(`${annotationPrefix}enforce-policy`, standardText(open))
        return
      }
      if (id === '/pods' && operation === 'UPDATE' && !isSignificant(object, attributes.previous as Draft)) return
      const pod = id === '/pods' ? object : template?.(object)
      if (pod !== undefined) evaluate(attributes, pod, found, { configuration, count, enforce: id === '/pods' })
    },
  }
}

function exemptionOf({ namespace, identity }: Attributes, { exemptions }: PodSecurityConfiguration) {
  if (exemptions.namespaces.includes(namespace)) return 'namespace'
  return exemptions.usernames.includes(identity.name) ? 'user' : undefined
}

const securedPod = ({ metadata, spec }: Draft): SecuredPod => ({
  annotations: metadata?.annotations ?? {},
  spec: spec ?? {},
})

/** Holds a pod, or what pods will be made from, against the three standards of its namespace. */
function evaluate(
  attributes: Attributes,
  pod: Draft,
  { policy, errors }: ReturnType<typeof podSecurityPolicyOf>,
  how: {
    readonly configuration: PodSecurityConfiguration
    readonly count: ReturnType<typeof counters>
    readonly enforce: boolean
  },
): void {
  const { definition, name } = attributes
  const note = (key: string, text: string) => attributes.annotate(annotationPrefix + key, text)
  if (how.configuration.exemptions.runtimeClasses.includes(pod.spec?.runtimeClassName)) {
    how.count.exempt(attributes)
    return note('exempt', 'runtimeClass')
  }
  const secured = securedPod(pod)
  const textBy = new Map<string, string>()
  const violate = (standard: PodSecurityStandard) => {
    const id = standardText(standard)
    const text = textBy.get(id) ?? violationsText(podViolations(standard, secured))
    textBy.set(id, text)
    return text === '' ? '' : `violate PodSecurity ${JSON.stringify(id)}: ${text}`
  }
  if (errors.length > 0) {
    how.count.error(attributes, false)
    const all = errors.map(({ field, message }) => `${field}: ${message}`)
    note('error', `Failed to parse policy: ${all.length === 1 ? all[0] : `[${all.join(', ')}]`}`)
  }
  const enforced = how.enforce ? violate(policy.enforce) : ''
  if (how.enforce) {
    note('enforce-policy', standardText(policy.enforce))
    how.count.evaluation(attributes, 'enforce', policy.enforce, enforced === '')
  }
  const audited = violate(policy.audit)
  if (audited !== '') {
    note('audit-violations', `would ${audited}`)
    how.count.evaluation(attributes, 'audit', policy.audit, false)
  }
  if (enforced !== '')
    throw forbidden(
      { group: definition.group, resource: definition.plural },
      name,
      enforced.replace('violate', 'violates'),
    )
  const warned = violate(policy.warn)
  if (warned === '') return
  attributes.warn(`would ${warned}`)
  how.count.evaluation(attributes, 'warn', policy.warn, false)
}

/** Kubernetes: of what can change in a pod, only containers that come, and images, matter to these checks. */
function isSignificant(pod: Draft, before: Draft): boolean {
  const imagesOf = (containers: Draft[] | undefined) => (containers ?? []).map(({ image }) => image)
  const same = (key: 'containers' | 'initContainers') => sameJson(imagesOf(pod.spec[key]), imagesOf(before.spec[key]))
  if (!same('containers') || !same('initContainers')) return true
  const known = new Map((before.spec.ephemeralContainers ?? []).map((one: Draft) => [one.name, one.image]))
  return (pod.spec.ephemeralContainers ?? []).some((one: Draft) => known.get(one.name) !== one.image)
}

/** Labels must be readable; where they ask for more than before, the pods that are there are held against it. */
async function checkNamespace(
  attributes: Attributes,
  configuration: PodSecurityConfiguration,
  { registry, clock }: PodSecurityParts,
): Promise<void> {
  const { operation, definition, subresource, object, previous, name } = attributes
  if (subresource !== '') return
  const labels = object.metadata.labels ?? {}
  const next = podSecurityPolicyOf(labels, configuration.defaults)
  const before = podSecurityPolicyOf(previous?.metadata.labels ?? {}, configuration.defaults)
  const isCreate = operation === 'CREATE'
  if (next.errors.length > 0 && (isCreate || !sameJson(next.errors, before.errors)))
    throw invalidObject(definition, name, next.errors)
  const { enforce } = next.policy
  if (!isCreate) {
    if (sameJson(enforce, before.policy.enforce) || enforce.level === 'privileged') return
    const isSameVersion = enforce.version === before.policy.enforce.version
    if (isSameVersion && !isStricter(enforce.level, before.policy.enforce.level)) return
  }
  if (configuration.exemptions.namespaces.includes(name)) {
    if (isFullyPrivileged(next.policy) || asksTheSame(next.policy, configuration.defaults)) return
    const stated = statedPolicyText(next.policy, labels)
    attributes.warn(
      `namespace ${JSON.stringify(name)} is exempt from Pod Security, and the policy (${stated}) will be ignored`,
    )
  } else if (!isCreate) {
    const there = await registry().all<Pod>(pods, name)
    for (const text of warningsOf(name, there, enforce, configuration, clock)) attributes.warn(text)
  }
}

function warningsOf(
  namespace: string,
  there: readonly Pod[],
  enforce: PodSecurityStandard,
  { exemptions }: PodSecurityConfiguration,
  clock: Clock,
): readonly string[] {
  const ordered = oneOfEachOwnerFirst(
    there.filter(({ spec }) => !exemptions.runtimeClasses.includes(spec?.runtimeClassName ?? '')),
  )
  const startMs = clock.monotonic()
  const violating: { name: string; violations: ReturnType<typeof podViolations> }[] = []
  let lookedAt = 0
  for (const pod of ordered.slice(0, podsLookedAtMax)) {
    violating.push({ name: pod.metadata.name, violations: podViolations(enforce, securedPod(pod as Draft)) })
    lookedAt++
    if (clock.monotonic() - startMs > lookingMsMax) break
  }
  const lines = violationsByReason(violating)
  return [
    ...(lookedAt < ordered.length
      ? [`new PodSecurity enforce level only checked against the first ${lookedAt} of ${ordered.length} existing pods`]
      : []),
    ...(lines.length > 0
      ? [
          `existing pods in namespace ${JSON.stringify(namespace)} violate the new PodSecurity enforce level ${JSON.stringify(standardText(enforce))}`,
        ]
      : []),
    ...lines,
  ]
}

/** Pods of one owner are alike: one of each is looked at before the second of any. */
function oneOfEachOwnerFirst(all: readonly Pod[]): readonly Pod[] {
  const owners = new Set<string>()
  const first: Pod[] = []
  const rest: Pod[] = []
  for (const pod of all) {
    const owner = controllerOf(pod)?.uid
    ;(owner !== undefined && owners.has(owner) ? rest : first).push(pod)
    if (owner !== undefined) owners.add(owner)
  }
  return [...first, ...rest]
}

function counters(metrics: Metrics) {
  const evaluations = metrics.counter(
    'pod_security_evaluations_total',
    'Number of policy evaluations that occurred, not counting ignored or exempt requests.',
  )
  const exemptions = metrics.counter(
    'pod_security_exemptions_total',
    'Number of exempt requests, not counting ignored or out of scope requests.',
  )
  const errors = metrics.counter(
    'pod_security_errors_total',
    'Number of errors preventing normal evaluation. Non-fatal errors may result in the latest restricted profile being used for evaluation.',
  )
  const known = new Map<string, CounterSeries>()
  const request = ({ operation, definition, subresource }: Attributes) => ({
    request_operation: operation.toLowerCase(),
    resource: definition.group === '' && definition.plural === 'pods' ? 'pod' : 'controller',
    subresource,
  })
  const versionOf = ({ level, version }: PodSecurityStandard) => {
    if (version === 'latest' || level === 'privileged') return 'latest'
    return version > ownMinorVersion ? 'future' : `v1.${version}`
  }
  function seriesOf(
    attributes: Attributes,
    mode: keyof PodSecurityPolicy,
    standard: PodSecurityStandard,
    allowed: boolean,
  ): CounterSeries {
    const { operation, definition, subresource } = attributes
    const what = `${operation} ${definition.group}/${definition.plural}/${subresource}`
    const key = `${what} ${mode} ${standard.level} ${standard.version} ${allowed}`
    let series = known.get(key)
    if (series === undefined) {
      const decision = allowed ? 'allow' : 'deny'
      const policy = { policy_level: standard.level, policy_version: versionOf(standard) }
      series = evaluations.series({ decision, ...policy, mode, ...request(attributes) })
      known.set(key, series)
    }
    return series
  }
  return {
    evaluation: (...of: Parameters<typeof seriesOf>) => seriesOf(...of).inc(),
    seriesOf,
    exempt: (attributes: Attributes) => exemptions.inc(request(attributes)),
    error: (attributes: Attributes, fatal: boolean) => errors.inc({ fatal: String(fatal), ...request(attributes) }),
  }
}
