import type { Service } from '../generated/types.ts'

const hintsAnnotation = 'service.kubernetes.io/topology-aware-hints'
const topologyAnnotation = 'service.kubernetes.io/topology-mode'

/** What the author of a Service is told: fields that mean nothing for its type, and what there will not be for ever. */
export function serviceWarnings({ metadata, spec = {} }: Service): readonly string[] {
  const { type = 'ClusterIP', externalIPs = [], externalName = '', trafficDistribution } = spec
  const isHeadless = type === 'ClusterIP' && spec.clusterIP === 'None'
  const isExternalName = type === 'ExternalName'
  const hasExternalIps = externalIPs.length > 0
  const found: readonly (readonly [when: boolean, text: string])[] = [
    [
      metadata.annotations?.[hintsAnnotation] !== undefined,
      `annotation ${hintsAnnotation} is deprecated, please use ${topologyAnnotation} instead`,
    ],
    [isHeadless && (spec.loadBalancerIP ?? '') !== '', 'spec.loadBalancerIP is ignored for headless services'],
    [isHeadless && hasExternalIps, 'spec.externalIPs is ignored for headless services'],
    [
      isHeadless && (spec.sessionAffinity ?? 'None') !== 'None',
      'spec.SessionAffinity is ignored for headless services',
    ],
    [
      hasExternalIps && !isHeadless && !isExternalName,
      'spec.externalIPs is deprecated and may no longer be implemented in some clusters',
    ],
    [isExternalName && hasExternalIps, 'spec.externalIPs is ignored when spec.type is "ExternalName"'],
    [!isExternalName && externalName !== '', 'spec.externalName is ignored when spec.type is not "ExternalName"'],
    [
      trafficDistribution === 'PreferClose',
      'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"',
    ],
  ]
  return found.filter(([when]) => when).map(([, text]) => text)
}
