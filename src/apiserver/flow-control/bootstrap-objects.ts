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
    object: {
      apiVersion,
      kind: 'PriorityLevelConfiguration',
      metadata: { name },
      spec: 'limited' in spec ? { ...spec, limited: inOrder(spec.limited) } : spec,
      status: {},
    } as any,
  }))
}

/** Limits with their members in the order of their type, as they are stored; rules likewise. */
function inOrder({ nominalConcurrencyShares, limitResponse, ...others }: any): object {
  return { nominalConcurrencyShares, limitResponse, ...others }
}

function ruleInOrder({ subjects, resourceRules, ...rule }: any): object {
  return {
    subjects: subjects.map(({ serviceAccount, ...subject }: any) =>
      serviceAccount === undefined
        ? subject
        : { ...subject, serviceAccount: { namespace: serviceAccount.namespace, name: serviceAccount.name } },
    ),
    ...(resourceRules === undefined
      ? {}
      : {
          resourceRules: resourceRules.map(({ verbs, apiGroups, resources, clusterScope, namespaces }: any) => ({
            ...{ verbs, apiGroups, resources },
            ...(clusterScope === true ? { clusterScope } : {}),
            ...(namespaces === undefined ? {} : { namespaces }),
          })),
        }),
    ...rule,
  }
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
        rules: rules.map(ruleInOrder),
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
