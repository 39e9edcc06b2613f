import type { Client } from '../../client/index.ts'
import type { Clock } from '../../machinery/index.ts'
import {
  deployments,
  type ResourceDefinition,
  replicaSets,
  replicationControllers,
  statefulSets,
} from '../../resources/index.ts'
import type { ResolveKind } from './metrics-api.ts'

/** Kubernetes: what is served is looked up anew this often. */
const servedKeptMs = 30_000
const usual: readonly ResourceDefinition<any>[] = [deployments, statefulSets, replicaSets, replicationControllers]

/** Finds kinds by what references name: the usual ones are known, others are looked up in discovery now and then. */
export function kindResolver(clock: Clock): ResolveKind {
  let served: { readonly resources: Promise<readonly ResourceDefinition<any>[]>; readonly atMs: number } | undefined
  return async (client: Client, group, kind) => {
    const is = (one: ResourceDefinition<any>) => one.group === group && one.kind === kind
    const known = usual.filter(is)
    if (known.length > 0) return known
    const nowMs = clock.monotonic()
    if (served === undefined || nowMs - served.atMs >= servedKeptMs)
      served = { resources: client.discover().then(({ resources }) => resources), atMs: nowMs }
    const asked = served
    const resources = await asked.resources.catch((error: unknown) => {
      if (served === asked) served = undefined
      throw error
    })
    const found = resources.filter(is)
    if (found.length === 0)
      throw new Error(`no matches for kind ${JSON.stringify(kind)} in group ${JSON.stringify(group)}`)
    return found
  }
}

/** The group of an apiVersion. Throws in Kubernetes' words when it is none. */
export function groupOfApiVersion(apiVersion: string | undefined): string {
  const parts = (apiVersion ?? '').split('/')
  if (parts.length > 2) throw new Error(`unexpected GroupVersion string: ${apiVersion}`)
  return parts.length === 2 ? parts[0]! : ''
}
