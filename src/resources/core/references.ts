import type { Draft } from '../definition.ts'
import type { PersistentVolume, Pod } from '../generated/types.ts'

/** Volumes of old that name a Secret with what they need to get in. */
const withSecretRef = ['cephfs', 'cinder', 'flexVolume', 'rbd', 'scaleIO', 'iscsi', 'storageos'] as const
const csiSecrets = [
  'controllerPublishSecretRef',
  'controllerExpandSecretRef',
  'nodePublishSecretRef',
  'nodeStageSecretRef',
  'nodeExpandSecretRef',
] as const

const named = (names: readonly (string | undefined)[]): readonly string[] =>
  names.filter((name): name is string => name !== undefined && name !== '')

const containersOf = ({ spec }: Pod) => [
  ...(spec.containers ?? []),
  ...(spec.initContainers ?? []),
  ...(spec.ephemeralContainers ?? []),
]

/** The Secrets that a pod refers to. */
export function secretNamesOf(pod: Pod): readonly string[] {
  return named([
    ...(pod.spec.imagePullSecrets ?? []).map(({ name }) => name),
    ...(pod.spec.volumes ?? []).flatMap((volume) => [
      volume.secret?.secretName,
      volume.azureFile?.secretName,
      volume.csi?.nodePublishSecretRef?.name,
      ...withSecretRef.map((source) => (volume as Draft)[source]?.secretRef?.name),
      ...(volume.projected?.sources ?? []).map(({ secret }) => secret?.name),
    ]),
    ...containersOf(pod).flatMap(({ env, envFrom }) => [
      ...(envFrom ?? []).map(({ secretRef }) => secretRef?.name),
      ...(env ?? []).map(({ valueFrom }) => valueFrom?.secretKeyRef?.name),
    ]),
  ])
}

/** The ConfigMaps that a pod refers to. */
export function configMapNamesOf(pod: Pod): readonly string[] {
  return named([
    ...(pod.spec.volumes ?? []).flatMap(({ configMap, projected }) => [
      configMap?.name,
      ...(projected?.sources ?? []).map((source) => source.configMap?.name),
    ]),
    ...containersOf(pod).flatMap(({ env, envFrom }) => [
      ...(envFrom ?? []).map(({ configMapRef }) => configMapRef?.name),
      ...(env ?? []).map(({ valueFrom }) => valueFrom?.configMapKeyRef?.name),
    ]),
  ])
}

/** The claims that a pod names, its own ephemeral ones included. */
export function claimNamesOf({ metadata, spec }: Pod): readonly string[] {
  return named(
    (spec.volumes ?? []).map(({ name, persistentVolumeClaim, ephemeral }) =>
      ephemeral === undefined ? persistentVolumeClaim?.claimName : `${metadata.name}-${name}`,
    ),
  )
}

/** The ResourceClaims that a pod uses. */
export function resourceClaimNamesOf({ spec, status }: Pod): readonly string[] {
  return named([
    ...(spec.resourceClaims ?? []).map(({ resourceClaimName }) => resourceClaimName),
    ...(status?.resourceClaimStatuses ?? []).map(({ resourceClaimName }) => resourceClaimName),
    status?.extendedResourceClaimStatus?.resourceClaimName,
  ])
}

/** The Secrets that a volume refers to, each `NAMESPACE/NAME`. */
export function secretsOfVolume({ spec }: PersistentVolume): readonly string[] {
  const volume = (spec ?? {}) as Draft
  const claimNamespace: string = volume.claimRef?.namespace ?? ''
  const refs: readonly Draft[] = [
    ...withSecretRef.map((source) => volume[source]?.secretRef),
    ...csiSecrets.map((key) => volume.csi?.[key]),
    volume.azureFile === undefined
      ? undefined
      : { name: volume.azureFile.secretName, namespace: volume.azureFile.secretNamespace },
  ].filter((one) => one !== undefined)
  return refs.map(({ name, namespace }) => `${namespace ?? claimNamespace}/${name}`)
}
