import { type FlowSchema, type PriorityLevelConfiguration, wellKnown } from '../../resources/index.ts'

/** An object that every cluster has; one that is mandatory is as it is, whatever anybody writes. */
export interface BootstrapObject<T> {
  readonly object: T
  readonly mandatory: boolean
}

/** Kubernetes: says whether the server keeps an object as it made it. */
export const autoUpdate = 'apf.kubernetes.io/autoupdate-spec'
const apiVersion = 'flowcontrol.apiserver.k8s.io/v1'

/** The priority levels of every cluster. */
export function bootstrapLevels(): readonly BootstrapObject<PriorityLevelConfiguration>[] {
  return wellKnown.priorityLevels.map(({ name, mandatory, ...spec }) => ({
    mandatory,
    object: { apiVersion, kind: 'PriorityLevelConfiguration', metadata: { name }, spec, status: {} } as any,
  }))
}

/** The flow schemas of every cluster. */
export function bootstrapSchemas(): readonly BootstrapObject<FlowSchema>[] {
  return wellKnown.flowSchemas.map(({ name, mandatory, priorityLevel, matchingPrecedence, rules, ...more }) => ({
    mandatory,
    object: {
      apiVersion,
      kind: 'FlowSchema',
      metadata: { name },
      spec: {
        priorityLevelConfiguration: { name: priorityLevel },
        matchingPrecedence,
        ...('distinguisherMethod' in more ? { distinguisherMethod: { type: more.distinguisherMethod } } : {}),
        rules,
      },
      status: {},
    } as any,
  }))
}

/** The levels that there are even while nobody has created them. */
export function mandatoryLevels(): readonly PriorityLevelConfiguration[] {
  return bootstrapLevels()
    .filter(({ mandatory }) => mandatory)
    .map(({ object }) => object)
}

/** The schemas that there are even so: the first to be asked and the last. */
export function mandatorySchemas(): readonly [FlowSchema, FlowSchema] {
  const [exempt, catchAll] = bootstrapSchemas()
    .filter(({ mandatory }) => mandatory)
    .map(({ object }) => object)
  return [exempt!, catchAll!]
}
