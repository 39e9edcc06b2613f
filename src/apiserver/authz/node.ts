import { type Pod, pods } from '../../resources/index.ts'
import type { Registry } from '../registry/registry.ts'
import type { Identity } from '../request.ts'
import { type AuthorizationQuery, type Decision, type PolicyRule, ruleAllows } from './rbac.ts'

const nodePrefix = 'system:node:'

/** What the pods of a node let that node read, and what every node may do besides. */
export class NodeAuthorizer {
  readonly #registry: Registry
  readonly #rules: readonly PolicyRule[]

  /** `rules` are those of the bootstrap ClusterRole system:node. */
  constructor(registry: Registry, rules: readonly PolicyRule[]) {
    this.#registry = registry
    this.#rules = rules
  }

  /** Undefined when the identity is no node, so that others decide. */
  async authorize(identity: Identity, query: AuthorizationQuery): Promise<Decision | undefined> {
    if (!identity.groups.includes('system:nodes') || !identity.name.startsWith(nodePrefix) || query.path !== undefined)
      return undefined
    const nodeName = identity.name.slice(nodePrefix.length)
    const referenced = query.group === '' && (query.resource === 'secrets' || query.resource === 'configmaps')
    if (referenced && query.verb !== 'create') return this.#ofItsPods(nodeName, query)
    const rule = this.#rules.find((one) => ruleAllows(one, query))
    return rule === undefined ? undefined : { allowed: true, reason: '' }
  }

  /** Kubernetes: a node reads a Secret or ConfigMap only while a pod bound to it refers to it. */
  async #ofItsPods(nodeName: string, { verb, namespace, name, resource }: AuthorizationQuery): Promise<Decision> {
    const refused = { allowed: false, reason: `no relationship found between node '${nodeName}' and this object` }
    if (!['get', 'list', 'watch'].includes(verb) || name === '') return refused
    const bound = await this.#registry.all<Pod>(pods, namespace)
    const refers = resource === 'secrets' ? refersToSecret : refersToConfigMap
    return bound.some((pod) => pod.spec?.nodeName === nodeName && refers(pod, name))
      ? { allowed: true, reason: '' }
      : refused
  }
}

function refersToSecret(pod: Pod, name: string): boolean {
  const spec = pod.spec
  if (spec?.imagePullSecrets?.some((one) => one.name === name)) return true
  if (
    spec?.volumes?.some(
      (volume) =>
        volume.secret?.secretName === name || volume.projected?.sources?.some((source) => source.secret?.name === name),
    )
  )
    return true
  return containersOf(pod).some(
    (container) =>
      container.envFrom?.some((one) => one.secretRef?.name === name) ||
      container.env?.some((one) => one.valueFrom?.secretKeyRef?.name === name),
  )
}

function refersToConfigMap(pod: Pod, name: string): boolean {
  const spec = pod.spec
  if (
    spec?.volumes?.some(
      (volume) =>
        volume.configMap?.name === name || volume.projected?.sources?.some((source) => source.configMap?.name === name),
    )
  )
    return true
  return containersOf(pod).some(
    (container) =>
      container.envFrom?.some((one) => one.configMapRef?.name === name) ||
      container.env?.some((one) => one.valueFrom?.configMapKeyRef?.name === name),
  )
}

function containersOf({ spec }: Pod) {
  return [...(spec?.containers ?? []), ...(spec?.initContainers ?? []), ...(spec?.ephemeralContainers ?? [])]
}
