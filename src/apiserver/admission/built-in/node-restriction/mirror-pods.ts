import { configMapNamesOf, type Draft, secretNamesOf } from '../../../../resources/index.ts'

const volumeSources: Readonly<Record<string, string>> = {
  configMap: 'configmaps (via configmap volumes)',
  secret: 'secrets (via secret volumes)',
  csi: 'csidrivers (via CSI volumes)',
  glusterfs: 'endpoints (via glusterFS volumes)',
  persistentVolumeClaim: 'persistentvolumeclaims',
  ephemeral: 'persistentvolumeclaims (via ephemeral volumes)',
  azureFile: 'secrets (via azureFile volumes)',
}
const projectedSources: Readonly<Record<string, string>> = {
  configMap: 'configmaps (via projected volumes)',
  secret: 'secrets (via projected volumes)',
  serviceAccountToken: 'serviceaccounts (via projected volumes)',
  clusterTrustBundle: 'clustertrustbundles',
  podCertificate: 'podcertificates',
}
/** The first kind of API object that a pod refers to, as Kubernetes names it; undefined when there is none. */
export function apiObjectsOf(pod: Draft): string | undefined {
  const { spec } = pod
  if ((spec.serviceAccountName ?? '') !== '') return 'serviceaccounts'
  if (secretNamesOf(pod).length > 0) return 'secrets'
  if (configMapNamesOf(pod).length > 0) return 'configmaps'
  if ((spec.resourceClaims?.length ?? 0) > 0) return 'resourceclaims'
  for (const volume of (spec.volumes ?? []) as readonly Draft[]) {
    const source = Object.keys(volumeSources).find((one) => volume[one] !== undefined)
    if (source !== undefined) return volumeSources[source]
    for (const part of (volume.projected?.sources ?? []) as readonly Draft[]) {
      const kind = Object.keys(projectedSources).find((one) => part[one] !== undefined)
      if (kind !== undefined) return projectedSources[kind]
    }
  }
  return undefined
}
