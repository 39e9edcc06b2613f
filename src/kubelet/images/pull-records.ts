import type { PullCredentials } from './credentials.ts'

/** A pull secret that has been seen to give access to an image. */
export interface KnownSecret {
  readonly uid: string
  readonly namespace: string
  readonly name: string
  readonly credentialHash: string
}
/** Who may use an image under one of its names: all pods of the node, or those that bring one of these secrets. */
export interface KnownAccess {
  readonly nodePodsAccessible?: boolean
  readonly kubernetesSecrets?: readonly KnownSecret[]
}
/** What is known of an image that this node pulled, as the kubelet's files have it. */
export interface PulledRecord {
  readonly lastUpdatedTime: string
  readonly imageRef: string
  /** By the image's name without tag and digest, as pods write it. */
  readonly credentialMapping?: Readonly<Record<string, KnownAccess>>
}
/** Whose right to an image is looked at; Kubernetes: imagePullCredentialsVerificationPolicy. */
export interface VerificationPolicy {
  readonly name: 'NeverVerify' | 'NeverVerifyPreloadedImages' | 'NeverVerifyAllowlistedImages' | 'AlwaysVerify'
  /** Names of images, or what they begin with up to a `/*`, that everybody may use. */
  readonly allowlist?: readonly string[]
}
/** Whether a pod may use an image that is there, and why; `learned` is a secret that is now known to do as well. */
export interface Verdict {
  readonly result: 'credentialPolicyAllowed' | 'credentialRecordFound' | 'mustAuthenticate'
  readonly learned?: KnownSecret
}

/** Kubernetes: with so many secrets known for an image, no more are noted only since they are the same as one of them. */
const learnedMax = 100

/** Judges whether a pod with these credentials may use an image of the node without asking its registry again. */
export function judgeAccess(
  image: string,
  record: PulledRecord | undefined,
  isBeingPulled: boolean,
  credentials: readonly PullCredentials[],
  policy: VerificationPolicy,
): Verdict {
  if (!mustVerify(policy, image, record !== undefined || isBeingPulled)) return { result: 'credentialPolicyAllowed' }
  const access = record?.credentialMapping?.[bareName(image)]
  if (access?.nodePodsAccessible === true) return { result: 'credentialRecordFound' }
  const known = access?.kubernetesSecrets ?? []
  for (const secret of credentials.map(knownSecretOf)) {
    for (const one of known) {
      const isSame = isSameSecret(one, secret)
      const hasSameContent = one.credentialHash !== '' && one.credentialHash === secret.credentialHash
      if (isSame && hasSameContent) return { result: 'credentialRecordFound' }
      const canLearn = known.length < learnedMax
      // Kubernetes: a secret whose content changed since is as good as it was.
      if (hasSameContent || (isSame && canLearn))
        return { result: 'credentialRecordFound', ...(canLearn ? { learned: secret } : {}) }
    }
  }
  return { result: 'mustAuthenticate' }
}

function mustVerify({ name, allowlist = [] }: VerificationPolicy, image: string, isPulledHere: boolean): boolean {
  if (name === 'NeverVerifyPreloadedImages') return isPulledHere
  if (name !== 'NeverVerifyAllowlistedImages') return name === 'AlwaysVerify'
  const bare = bareName(image)
  return !allowlist.some((one) => (one.endsWith('/*') ? bare.startsWith(one.slice(0, -1)) : bare === one))
}

/** The record of an image once it has been pulled; `by` is whose credentials the registry took, undefined where it took anybody. */
export function recordPulled(
  record: PulledRecord | undefined,
  {
    image,
    imageRef,
    by,
  }: { readonly image: string; readonly imageRef: string; readonly by: PullCredentials | undefined },
  now: string,
): PulledRecord {
  return recordAccess(
    record ?? emptyRecord(imageRef, now),
    image,
    by === undefined ? undefined : knownSecretOf(by),
    now,
  )
}

/** A record that says no more than that the image was pulled here: everybody has to show that they may have it. */
export function emptyRecord(imageRef: string, now: string): PulledRecord {
  return { lastUpdatedTime: now, imageRef, credentialMapping: {} }
}

/** The record with one more who may use the image, all pods of the node where no secret is given; itself when that was known. */
export function recordAccess(
  record: PulledRecord,
  image: string,
  secret: KnownSecret | undefined,
  now: string,
): PulledRecord {
  const name = bareName(image)
  const access = record.credentialMapping?.[name]
  if (access?.nodePodsAccessible === true) return record
  const known = access?.kubernetesSecrets ?? []
  if (
    secret !== undefined &&
    known.some((one) => isSameSecret(one, secret) && one.credentialHash === secret.credentialHash)
  )
    return record
  const next: KnownAccess =
    secret === undefined
      ? { nodePodsAccessible: true }
      : { kubernetesSecrets: [...known.filter((one) => !isSameSecret(one, secret)), secret].sort(bySecret) }
  return { ...record, lastUpdatedTime: now, credentialMapping: { ...record.credentialMapping, [name]: next } }
}

function knownSecretOf({ secret, hash }: PullCredentials): KnownSecret {
  return { ...secret, credentialHash: hash }
}
const isSameSecret = (one: KnownSecret, other: KnownSecret) =>
  one.uid === other.uid && one.namespace === other.namespace && one.name === other.name
const bySecret = (one: KnownSecret, other: KnownSecret) => (placeOf(one) < placeOf(other) ? -1 : 1)
const placeOf = ({ namespace, name, uid }: KnownSecret) => `${namespace}/${name}/${uid}`

/** An image's name as a pod writes it, without tag and digest. */
function bareName(image: string): string {
  return image.replace(/@.*$/, '').replace(/:[^/:]*$/, '')
}
