import {
  dns1123SubdomainErrors,
  type FieldError,
  forbiddenField,
  invalidObject,
  sameJson,
} from '../../../machinery/index.ts'
import type { AllocatedDeviceStatus, AllocationResult, FeatureGates, ResourceClaim } from '../../../resources/index.ts'
import type { Authorizer } from '../../authz/authorize.ts'
import type { AuthorizationQuery } from '../../authz/rbac.ts'
import type { Identity } from '../../request.ts'
import type { AdmissionPlugin } from '../admission.ts'

const group = 'resource.k8s.io'
const resource = 'resourceclaims'
const nodeNameKey = 'authentication.kubernetes.io/node-name'
const serviceAccount = /^system:serviceaccount:[^:]+:[^:]+$/

/** The drivers whose devices are told of differently than before. */
function driversTold(next: readonly AllocatedDeviceStatus[], previous: readonly AllocatedDeviceStatus[]): string[] {
  const keyOf = ({ driver, pool, device, shareID = '' }: AllocatedDeviceStatus) =>
    [driver, pool, device, shareID].join('/')
  const before = new Map(previous.map((one) => [keyOf(one), one]))
  const after = new Map(next.map((one) => [keyOf(one), one]))
  const changed = [...next, ...previous].filter(
    (one) => !sameJson(before.get(keyOf(one)) ?? null, after.get(keyOf(one)) ?? null),
  )
  return [...new Set(changed.map(({ driver }) => driver))].sort()
}

/** The node that an allocation is for, where it is for one alone. */
function nodeOf(allocation: AllocationResult | undefined): string | undefined {
  const [term, ...others] = allocation?.nodeSelector?.nodeSelectorTerms ?? []
  const [field, ...more] = term?.matchFields ?? []
  if (field === undefined || others.length + more.length + (term?.matchExpressions ?? []).length > 0) return undefined
  const isName = field.key === 'metadata.name' && field.operator === 'In' && field.values?.length === 1
  return isName ? field.values![0] : undefined
}

/** Whether the pod whose account somebody uses runs on the node that a claim's devices are on. */
function isOnNode({ name, extra }: Identity, allocation: AllocationResult | undefined): boolean {
  const [nodeName, ...others] = extra?.[nodeNameKey] ?? []
  if (nodeName === undefined || others.length > 0 || !serviceAccount.test(name)) return false
  return dns1123SubdomainErrors(nodeName).length === 0 && nodeName === nodeOf(allocation)
}

/**
 * Who says which devices a claim has must be allowed to bind claims; who tells of devices, to speak for their driver, on every
 * node or on the one that they are on.
 */
export function claimStatusRights(
  authorizer: () => Authorizer,
  { enabled }: Pick<FeatureGates, 'enabled'>,
): AdmissionPlugin {
  const isOn = enabled('DRAResourceClaimGranularStatusAuthorization')
  const tellsOfDevices = enabled('DRAResourceClaimDeviceStatus')
  return {
    name: 'ResourceClaimStatusRights',
    resources: [`${group}/${resource}`],
    async validate({ operation, subresource, object, previous, identity, namespace, name }) {
      if (!isOn || operation !== 'UPDATE' || subresource !== 'status') return
      const next = (object as ResourceClaim).status ?? {}
      const before = (previous as ResourceClaim).status ?? {}
      const errors: FieldError[] = []
      const isSame =
        sameJson(next.allocation ?? null, before.allocation ?? null) &&
        sameJson(next.reservedFor ?? [], before.reservedFor ?? [])
      if (!isSame) {
        const why = await refusedTo({ verb: '', subresource: 'binding', namespace: '', name: '' })
        const needs =
          'changing status.allocation or status.reservedFor requires resource="resourceclaims/binding", verb="update" permission: '
        if (why !== undefined) errors.push(forbiddenField('status.allocation', needs + why))
      }
      if (tellsOfDevices && next.allocation !== undefined) {
        const verbs = isOnNode(identity, next.allocation)
          ? ['associated-node:', 'arbitrary-node:']
          : ['arbitrary-node:']
        const needs = `changing status.devices requires resource="resourceclaims/driver", verb="[${verbs.map((one) => `${one}update`).join(' ')}]" permission: `
        for (const driver of driversTold(next.devices ?? [], before.devices ?? [])) {
          const whys: (string | undefined)[] = []
          for (const one of verbs)
            whys.push(await refusedTo({ verb: one, subresource: 'driver', namespace, name: driver }))
          if (!whys.includes(undefined)) errors.push(forbiddenField('status.devices', needs + whys[0]))
        }
      }
      if (errors.length > 0) throw invalidObject({ group, kind: 'ResourceClaim' }, name, errors)

      // Unlike Kubernetes: whether it is an update or a patch is not known here; leave for one of them is enough.
      async function refusedTo(query: Pick<AuthorizationQuery, 'verb' | 'subresource' | 'namespace' | 'name'>) {
        const asked = (verb: string) => ({ group, version: 'v1', resource, ...query, verb: query.verb + verb })
        if ((await authorizer().decide(identity, asked('patch'))).allowed) return undefined
        try {
          await authorizer().check(identity, asked('update'))
          return undefined
        } catch (error) {
          return (error as Error).message
        }
      }
    },
  }
}
