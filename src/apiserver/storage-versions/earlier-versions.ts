/**
 * Kubernetes: versions that are served no more, and can still be read, by group; `*` for all its kinds. A server tells of them
 * when it tells of its storage.
 */
const earlier: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'admissionregistration.k8s.io': {
    mutatingwebhookconfigurations: ['v1beta1'],
    validatingwebhookconfigurations: ['v1beta1'],
    validatingadmissionpolicies: ['v1beta1', 'v1alpha1'],
    validatingadmissionpolicybindings: ['v1beta1', 'v1alpha1'],
  },
  'apiextensions.k8s.io': { '*': ['v1beta1'] },
  'apiregistration.k8s.io': { '*': ['v1beta1'] },
  apps: {
    controllerrevisions: ['v1beta2', 'v1beta1'],
    daemonsets: ['v1beta2'],
    deployments: ['v1beta2', 'v1beta1'],
    replicasets: ['v1beta2'],
    statefulsets: ['v1beta2', 'v1beta1'],
  },
  batch: { cronjobs: ['v1beta1'] },
  'certificates.k8s.io': { certificatesigningrequests: ['v1beta1'] },
  'coordination.k8s.io': { leases: ['v1beta1'] },
  'discovery.k8s.io': { '*': ['v1beta1'] },
  'events.k8s.io': { '*': ['v1beta1'] },
  'flowcontrol.apiserver.k8s.io': { '*': ['v1beta3', 'v1beta2', 'v1beta1'] },
  'networking.k8s.io': { ingresses: ['v1beta1'], ingressclasses: ['v1beta1'] },
  'node.k8s.io': { '*': ['v1beta1', 'v1alpha1'] },
  policy: { '*': ['v1beta1'] },
  'rbac.authorization.k8s.io': { '*': ['v1beta1', 'v1alpha1'] },
  'scheduling.k8s.io': { priorityclasses: ['v1beta1'] },
  'storage.k8s.io': {
    csidrivers: ['v1beta1'],
    csinodes: ['v1beta1'],
    csistoragecapacities: ['v1beta1', 'v1alpha1'],
    storageclasses: ['v1beta1'],
    volumeattachments: ['v1beta1', 'v1alpha1'],
    volumeattributesclasses: ['v1alpha1'],
  },
}

/** The versions of a resource that can be read and are not served. */
export function earlierVersionsOf(group: string, plural: string): readonly string[] {
  const versions = earlier[group]?.[plural] ?? earlier[group]?.['*'] ?? []
  return versions.map((version) => `${group}/${version}`)
}
