import type { Client } from '../../client/index.ts'
import { type Clock, isNotFound, type KubeObject, msOf } from '../../machinery/index.ts'
import {
  configMaps,
  type Pod,
  type ResourceDefinition,
  secrets,
  serviceAccounts,
  type TokenRequest,
} from '../../resources/index.ts'
import type { TokenRequestFor } from '../volumes/payload.ts'
import type { PodObjects } from './environment.ts'

export interface ObjectParts {
  readonly client: Client
  readonly clock: Clock
}
/** How old an answer may be: pods that start together share it, refreshes see the next. */
const freshMs = 5000
/** Absent objects are asked for again sooner: a pod is waiting for them. */
const absentFreshMs = 1000
const entriesMax = 2000

/** ConfigMaps and Secrets that pods name, each read when needed and kept for a moment. */
export function createPodObjects({ client, clock }: ObjectParts): PodObjects & {
  /** What was kept of an object is old. */
  forget(of: ResourceDefinition<any>, namespace: string, name: string): void
} {
  const kept = new Map<string, { readonly atMs: number; readonly read: Promise<KubeObject | undefined> }>()
  const absent = new Set<string>()
  function read<T extends KubeObject>(
    of: ResourceDefinition<T>,
    namespace: string,
    name: string,
  ): Promise<T | undefined> {
    const key = `${of.plural}/${namespace}/${name}`
    const known = kept.get(key)
    const ageMs = known === undefined ? Number.POSITIVE_INFINITY : clock.monotonic() - known.atMs
    if (known !== undefined && ageMs < (absent.has(key) ? absentFreshMs : freshMs))
      return known.read as Promise<T | undefined>
    const fetched = client.get(of, { namespace, name }).then(
      (object) => {
        absent.delete(key)
        return object
      },
      (error) => {
        if (!isNotFound(error)) {
          kept.delete(key)
          throw error
        }
        absent.add(key)
        return undefined
      },
    )
    kept.delete(key)
    kept.set(key, { atMs: clock.monotonic(), read: fetched })
    // The oldest goes first: a Map keeps the order of insertion.
    if (kept.size > entriesMax) kept.delete(kept.keys().next().value!)
    return fetched
  }
  return {
    configMap: (namespace, name) => read(configMaps, namespace, name),
    secret: (namespace, name) => read(secrets, namespace, name),
    forget: (of, namespace, name) => void kept.delete(`${of.plural}/${namespace}/${name}`),
  }
}

interface KeptToken {
  readonly token: string
  readonly renewAtMs: number
  readonly expiresAtMs: number
}
/** Kubernetes: a token is renewed when 80 % of its life or 24 h are over, whichever is first. */
const renewFraction = 0.8
const renewAfterMsMax = 24 * 3600_000

/** Service account tokens bound to pods, cached per audience and life; an old one is kept while renewing fails. */
export function createTokens({ client, clock }: ObjectParts): {
  token(pod: Pod, request: TokenRequestFor): Promise<string>
  forget(uid: string): void
} {
  const kept = new Map<string, KeptToken>()
  return {
    async token(pod, { audience, expirationSeconds }) {
      const { uid, name, namespace = '' } = pod.metadata
      const key = `${uid}/${audience}/${expirationSeconds}`
      const known = kept.get(key)
      if (known !== undefined && clock.now() < known.renewAtMs) return known.token
      try {
        const account = { namespace, name: pod.spec.serviceAccountName ?? 'default' }
        const requestedAtMs = clock.now()
        const { status } = await client.post<TokenRequest>(serviceAccounts, account, 'token', {
          apiVersion: 'authentication.k8s.io/v1',
          kind: 'TokenRequest',
          metadata: {},
          spec: {
            ...(audience === '' ? {} : { audiences: [audience] }),
            expirationSeconds,
            boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name, uid },
          },
        })
        const token = status.token ?? ''
        if (token === '') throw new Error(`no token was issued for service account ${account.name}`)
        const expiresAtMs = msOf(status.expirationTimestamp)
        const lifeMs = (expiresAtMs - requestedAtMs) * renewFraction
        kept.set(key, {
          token,
          expiresAtMs,
          renewAtMs: requestedAtMs + Math.min(lifeMs, renewAfterMsMax),
        })
        return token
      } catch (error) {
        if (known !== undefined && clock.now() < known.expiresAtMs) return known.token
        throw error
      }
    },
    forget(uid) {
      for (const key of kept.keys()) if (key.startsWith(`${uid}/`)) kept.delete(key)
    },
  }
}
