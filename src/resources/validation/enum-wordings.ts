import type { EnumWordings } from '../../machinery/index.ts'

const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']
const protocols = ['TCP', 'UDP', 'SCTP']
const preemption = { order: ['PreemptLowerPriority', 'Never'], emptyIsMissing: true }

/** How closed sets are told of that Kubernetes checks by hand; undefined for those whose kind has rules of its own. */
export const enumWordings: EnumWordings = {
  'CSIDriverSpec.volumeLifecycleModes': { atList: true, order: ['Persistent', 'Ephemeral'] },
  'Container.terminationMessagePolicy': { order: ['File', 'FallbackToLogsOnError'] },
  'DaemonSetUpdateStrategy.type': undefined,
  'DeploymentStrategy.type': undefined,
  'EphemeralContainer.terminationMessagePolicy': { order: ['File', 'FallbackToLogsOnError'] },
  'HTTPIngressPath.pathType': { notEmpty: true },
  'JobSpec.completionMode': { order: ['NonIndexed', 'Indexed'] },
  'JobSpec.podReplacementPolicy': undefined,
  'NetworkPolicyPort.protocol': { order: protocols },
  'NetworkPolicySpec.policyTypes': { order: ['Ingress', 'Egress'] },
  'NodeSelectorRequirement.operator': undefined,
  'PersistentVolumeClaimSpec.accessModes': { atList: true },
  'PersistentVolumeSpec.accessModes': { atList: true },
  'PodOS.name': undefined,
  'PodSpec.dnsPolicy': { order: ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'] },
  'PodSpec.preemptionPolicy': preemption,
  'PodSpec.restartPolicy': undefined,
  'PriorityClass.preemptionPolicy': undefined,
  'ResourceQuotaSpec.scopes': undefined,
  'ScopedResourceSelectorRequirement.operator': undefined,
  'ScopedResourceSelectorRequirement.scopeName': undefined,
  'ServiceSpec.trafficDistribution': { order: ['PreferClose', 'PreferSameZone', 'PreferSameNode'] },
  'StatefulSetSpec.podManagementPolicy': { invalid: "must be 'OrderedReady' or 'Parallel'" },
  'StatefulSetUpdateStrategy.type': undefined,
  'StorageClass.reclaimPolicy': undefined,
  'Taint.effect': undefined,
  'Toleration.effect': { order: effects },
  'Toleration.operator': undefined,
  'TopologySpreadConstraint.whenUnsatisfiable': { notEmpty: true },
}
