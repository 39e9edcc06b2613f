import type { Draft, ServiceAccount } from '../../../resources/index.ts'

const annotation = 'kubernetes.io/enforce-mountable-secrets'
/** Kubernetes: whatever Go reads as true. */
const trueTexts = new Set(['1', 't', 'T', 'TRUE', 'true', 'True'])

/** Why a pod may not refer to a Secret that its account does not list, where the account asks for that; else undefined. */
export function unlistedSecret(pod: Draft, account: ServiceAccount, onlyEphemeral: boolean): string | undefined {
  const { name, annotations } = account.metadata
  if (!trueTexts.has(annotations?.[annotation] ?? '')) return undefined
  const listed = new Set((account.secrets ?? []).map((one) => one.name))
  const because = `is not allowed because service account ${name} does not reference that`
  const { spec } = pod
  if (onlyEphemeral) return unlistedInContainers('ephemeral container', spec.ephemeralContainers, listed, because)
  for (const { secret } of (spec.volumes ?? []) as readonly Draft[])
    if (secret !== undefined && !listed.has(secret.secretName))
      return `volume with secret.secretName="${secret.secretName}" ${because} secret`
  const inContainers =
    unlistedInContainers('init container', spec.initContainers, listed, because) ??
    unlistedInContainers('container', spec.containers, listed, because)
  if (inContainers !== undefined) return inContainers
  const pulled = new Set((account.imagePullSecrets ?? []).map((one) => one.name))
  const asked: readonly Draft[] = spec.imagePullSecrets ?? []
  const index = asked.findIndex((one) => !pulled.has(one.name))
  return index < 0 ? undefined : `imagePullSecrets[${index}].name="${asked[index].name}" ${because} imagePullSecret`
}

function unlistedInContainers(
  kind: string,
  containers: readonly Draft[] | undefined,
  listed: ReadonlySet<string | undefined>,
  because: string,
): string | undefined {
  for (const { name, env = [], envFrom = [] } of containers ?? []) {
    for (const one of env) {
      const secret = one.valueFrom?.secretKeyRef?.name
      if (secret !== undefined && !listed.has(secret))
        return `${kind} ${name} with envVar ${one.name} referencing secret.secretName="${secret}" ${because} secret`
    }
    for (const { secretRef } of envFrom)
      if (secretRef !== undefined && !listed.has(secretRef.name))
        return `${kind} ${name} with envFrom referencing secret.secretName="${secretRef.name}" ${because} secret`
  }
  return undefined
}

/** Why a pod that a node shows may not be as it is; undefined when it may. */
export function mirrorPodProblem({ spec }: Draft, secretNames: readonly string[]): string | undefined {
  if ((spec.serviceAccountName ?? '') !== '') return 'a mirror pod may not reference service accounts'
  if (secretNames.length > 0) return 'a mirror pod may not reference secrets'
  const sources = (spec.volumes ?? []).flatMap((volume: Draft) => volume.projected?.sources ?? [])
  return sources.some((one: Draft) => one.serviceAccountToken !== undefined)
    ? 'a mirror pod may not use ServiceAccountToken volume projections'
    : undefined
}
