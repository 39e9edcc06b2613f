import { createHmac } from 'node:crypto'
import { bootstrapExpiryMs, bootstrapTokenOf, isConflict, isNotFound, nameOf, sameJson } from '../../machinery/index.ts'
import { type ConfigMap, configMaps, type Secret, secrets } from '../../resources/index.ts'
import type { Controller } from '../runtime/controller.ts'

const clusterInfo = { namespace: 'kube-public', name: 'cluster-info' }
const system = 'kube-system'
const signaturePrefix = 'jws-kubeconfig-'
const isOfTokens = ({ metadata, type }: Secret) =>
  metadata.namespace === system && type === 'bootstrap.kubernetes.io/token'

/** Signs the public cluster-info with every token that may: who has one knows that it speaks to the right cluster. */
export const bootstrapSignerController: Controller = {
  name: 'bootstrap-signer-controller',
  account: 'bootstrap-signer',
  watches: [
    {
      resource: configMaps,
      wake: ({ metadata }: ConfigMap) =>
        metadata.namespace === clusterInfo.namespace && metadata.name === clusterInfo.name ? [clusterInfo] : [],
    },
    { resource: secrets, wake: (secret: Secret) => (isOfTokens(secret) ? [clusterInfo] : []) },
  ],
  start({ cached, clock }) {
    const maps = cached(configMaps)
    const all = cached(secrets)
    return async function reconcile(name, { client }) {
      const map = maps.get(name)
      const content = map?.data?.['kubeconfig']
      if (map === undefined || content === undefined) return undefined
      const kept = Object.entries(map.data ?? {}).filter(([key]) => !key.startsWith(signaturePrefix))
      const tokens = all.list(system).flatMap((secret) => bootstrapTokenOf(secret) ?? [])
      const signatures = tokens
        .filter(({ maySign, expiresMs }) => maySign && expiresMs > clock.now())
        .map(({ id, secret }) => [signaturePrefix + id, detachedSignature(content, id, secret)] as const)
      const data = Object.fromEntries([...kept, ...signatures])
      if (!sameJson(data, map.data)) await client.update(configMaps, { ...map, data })
      return undefined
    }
  },
}

/** A JSON Web Signature (RFC 7515, HS256) of a text, without the text. */
export function detachedSignature(content: string, id: string, secret: string): string {
  const head = Buffer.from(JSON.stringify({ alg: 'HS256', kid: id })).toString('base64url')
  const body = Buffer.from(content).toString('base64url')
  return `${head}..${createHmac('sha256', secret).update(`${head}.${body}`).digest('base64url')}`
}

/** Deletes bootstrap tokens when their time is over. */
export const tokenCleanerController: Controller = {
  name: 'token-cleaner-controller',
  account: 'token-cleaner',
  watches: [{ resource: secrets, wake: (secret: Secret) => (isOfTokens(secret) ? [nameOf(secret)] : []) }],
  start({ cached, clock }) {
    const all = cached(secrets)
    return async function reconcile(name, { client }) {
      const secret = all.get(name)
      const expiresMs = secret === undefined ? undefined : bootstrapExpiryMs(secret)
      if (secret === undefined || expiresMs === undefined || expiresMs === Number.POSITIVE_INFINITY) return undefined
      const leftMs = expiresMs - clock.now()
      if (leftMs > 0) return { againInMs: leftMs }
      try {
        await client.delete(secrets, name, { preconditions: { uid: secret.metadata.uid } })
      } catch (error) {
        if (!isNotFound(error) && !isConflict(error)) throw error
      }
      return undefined
    }
  },
}
