import { isNotFound } from '../../machinery/index.ts'
import { agreementOf, type Lease, leases, type StorageVersion, storageVersions } from '../../resources/index.ts'
import type { Cached, Controller } from '../runtime/controller.ts'

const namespace = 'kube-system'
const identityLabel = 'apiserver.kubernetes.io/identity'

const isIdentity = ({ metadata }: Lease) =>
  metadata.namespace === namespace && metadata.labels?.[identityLabel] === 'kube-apiserver'

/** Takes what API servers said about storage out of StorageVersions, once their leases are gone. */
export const storageVersionCollectorController: Controller = {
  name: 'storageversion-garbage-collector-controller',
  account: 'storage-version-garbage-collector',
  queueName: 'storage_version_garbage_collector_storageversions',
  watches: [
    { resource: storageVersions, wake: ({ metadata }: StorageVersion) => [{ name: metadata.name }] },
    {
      resource: leases,
      wake: (lease: Lease, cached: Cached) =>
        isIdentity(lease)
          ? cached(storageVersions)
              .list()
              .filter(({ status }) => status?.storageVersions?.some((one) => one.apiServerID === lease.metadata.name))
              .map(({ metadata }) => ({ name: metadata.name }))
          : [],
    },
  ],
  start({ cached, clock }) {
    const versions = cached(storageVersions)
    const identities = cached(leases)
    const isGone = (server: string | undefined) => {
      const lease = identities.get({ namespace, name: server ?? '' })
      return lease === undefined || !isIdentity(lease)
    }
    return async function reconcile(name, { client, because }) {
      const version = versions.get(name)
      const servers = version?.status?.storageVersions ?? []
      if (version === undefined || !servers.some(({ apiServerID }) => isGone(apiServerID))) return undefined
      const live: (typeof servers)[number][] = []
      for (const server of servers) {
        // The cache may be behind: a server is only gone if the API says so, too.
        const lease = isGone(server.apiServerID)
          ? await client.get(leases, { namespace, name: server.apiServerID ?? '' }).catch((error: unknown) => {
              if (isNotFound(error)) return undefined
              throw error
            })
          : undefined
        if (!isGone(server.apiServerID) || (lease !== undefined && isIdentity(lease))) live.push(server)
      }
      if (live.length === servers.length) return undefined
      because('a server that is gone had told of its storage')
      if (live.length === 0) await client.delete(storageVersions, name)
      else {
        const status = agreementOf(version, live, clock.now())
        await client.update(storageVersions, { ...version, status }, 'status')
      }
      return undefined
    }
  },
}
