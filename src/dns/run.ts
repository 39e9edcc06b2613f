import type { Informers } from '../client/index.ts'
import type { Clock, Log, Metrics } from '../machinery/index.ts'
import { endpointSlices, namespaces, services } from '../resources/index.ts'
import { answerOf } from './answer/answer.ts'
import type { Names } from './answer/index-of-names.ts'
import { serveDns } from './wire/server.ts'

export interface DnsParts {
  readonly informers: Informers
  readonly clock: Clock
  readonly clusterDomain: string
  readonly listen: { readonly address: string; readonly port: number }
  /** A resolv.conf naming the servers that names outside the cluster are asked of. */
  readonly resolvConf: string
  readonly log: Log
  readonly metrics: Metrics
}

/** Answers for the cluster's names from the API's caches, and sends the rest on, until the signal aborts. */
export async function runDns(parts: DnsParts, signal: AbortSignal): Promise<void> {
  const { informers, clusterDomain, metrics } = parts
  const serviceCache = informers.of(services)
  const sliceCache = informers.of(endpointSlices)
  const namespaceCache = informers.of(namespaces)
  serviceCache.addIndex('clusterIP', (service) => service.spec?.clusterIPs ?? [])
  sliceCache.addIndex('service', (slice) => [
    `${slice.metadata.namespace}/${slice.metadata.labels?.['kubernetes.io/service-name'] ?? ''}`,
  ])
  sliceCache.addIndex('address', (slice) => (slice.endpoints ?? []).flatMap(({ addresses }) => addresses))
  await Promise.all([serviceCache.synced(signal), sliceCache.synced(signal), namespaceCache.synced(signal)])
  const names: Names = {
    service: (namespace, name) => serviceCache.get({ namespace, name }),
    slicesOf: (namespace, name) => sliceCache.by('service', `${namespace}/${name}`),
    hasNamespace: (name) => namespaceCache.get({ name }) !== undefined,
    servicesAt: (ip) => serviceCache.by('clusterIP', ip),
    slicesAt: (ip) => sliceCache.by('address', ip),
  }
  const answered = metrics.counter('coredns_dns_responses_total', 'Counter of response status codes.')
  await serveDns(
    {
      ...parts,
      answer: (question) => {
        const answer = answerOf(question, names, clusterDomain)
        return answer === undefined
          ? undefined
          : {
              ...answer,
              answers: [...answer.answers],
              authorities: [...answer.authorities],
              additionals: [...answer.additionals],
            }
      },
      onAnswered: (rcode, forwarded) => answered.inc({ rcode, plugin: forwarded ? 'forward' : 'kubernetes' }),
    },
    signal,
  )
}
