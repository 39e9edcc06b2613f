import type { Draft } from '../../../../resources/index.ts'

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
/** Volumes of old that may name a secret with credentials. */
const withCredentials = ['cephfs', 'cinder', 'flexVolume', 'rbd', 'scaleIO', 'iscsi', 'storageos']

/** The first kind of API object that a pod refers to, as Kubernetes names it; undefined when there is none. */
export function apiObjectsOf({ spec }: Draft): string | undefined {
  if ((spec.serviceAccountName ?? '') !== '') return 'serviceaccounts'
  const containers: readonly Draft[] = [
    ...(spec.containers ?? []),
    ...(spec.initContainers ?? []),
    ...(spec.ephemeralContainers ?? []),
  ]
  const volumes: readonly Draft[] = spec.volumes ?? []
  const projected = volumes.flatMap((volume): readonly Draft[] => volume.projected?.sources ?? [])
  const uses = (inEnvironment: string, inKey: string) =>
    containers.some(
      ({ envFrom = [], env = [] }) =>
        envFrom.some((one: Draft) => one[inEnvironment] !== undefined) ||
        env.some((one: Draft) => one.valueFrom?.[inKey] !== undefined),
    )
  const hasSecret =
    (spec.imagePullSecrets?.length ?? 0) > 0 ||
    uses('secretRef', 'secretKeyRef') ||
    volumes.some(
      (volume) =>
        volume.secret !== undefined ||
        volume.azureFile !== undefined ||
        volume.csi?.nodePublishSecretRef !== undefined ||
        withCredentials.some((source) => volume[source]?.secretRef !== undefined),
    ) ||
    projected.some(({ secret }) => secret !== undefined)
  if (hasSecret) return 'secrets'
  const hasMap =
    uses('configMapRef', 'configMapKeyRef') ||
    volumes.some(({ configMap }) => configMap !== undefined) ||
    projected.some(({ configMap }) => configMap !== undefined)
  if (hasMap) return 'configmaps'
  if ((spec.resourceClaims?.length ?? 0) > 0) return 'resourceclaims'
  for (const volume of volumes) {
    const source = Object.keys(volumeSources).find((one) => volume[one] !== undefined)
    if (source !== undefined) return volumeSources[source]
    for (const part of (volume.projected?.sources ?? []) as readonly Draft[]) {
      const kind = Object.keys(projectedSources).find((one) => part[one] !== undefined)
      if (kind !== undefined) return projectedSources[kind]
    }
  }
  return undefined
}
