import {
  claimOfPod,
  deviceClasses,
  type Pod,
  type PodResourceClaim,
  type ResourceClaim,
  resourceClaims,
  resourceClaimTemplates,
  resourceSlices,
} from '../../resources/index.ts'
import type { Finding } from './finding.ts'
import { aboutText, orNothing, type World } from './world.ts'

/** Why a claim of devices is as it is; undefined when there is no such claim. */
export async function whyDeviceClaim(world: World, namespace: string, name: string): Promise<Finding | undefined> {
  const claim = await orNothing(world.client.get<ResourceClaim>(resourceClaims, { namespace, name }))
  return claim && explainDeviceClaim(world, claim)
}

/** What there is to say about the claims of devices that a waiting pod has. */
export async function deviceClaimFindings(world: World, pod: Pod): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (const one of pod.spec?.resourceClaims ?? []) findings.push(...(await ofPod(world, pod, one)))
  return findings
}

async function ofPod(world: World, pod: Pod, podClaim: PodResourceClaim): Promise<readonly Finding[]> {
  const { namespace = '' } = pod.metadata
  const known = claimOfPod(pod, podClaim)
  if (known.problem !== undefined) {
    const { resourceClaimTemplateName: name = '' } = podClaim
    const about = aboutText('ResourceClaimTemplate', { namespace, name })
    const template = await orNothing(world.client.get(resourceClaimTemplates, { namespace, name }))
    return [
      template === undefined
        ? { about, says: 'does not exist', remedy: 'create it' }
        : { about, says: `has not been made a claim for ${podClaim.name} yet` },
    ]
  }
  if (known.name === undefined) return []
  const claim = await orNothing(world.client.get<ResourceClaim>(resourceClaims, { namespace, name: known.name }))
  if (claim === undefined)
    return [
      {
        about: aboutText('ResourceClaim', { namespace, name: known.name }),
        says: 'does not exist',
        remedy: 'create it',
      },
    ]
  return [await explainDeviceClaim(world, claim)]
}

async function explainDeviceClaim({ client }: World, claim: ResourceClaim): Promise<Finding> {
  const about = aboutText('ResourceClaim', claim.metadata)
  const { allocation, reservedFor = [] } = claim.status ?? {}
  const users = reservedFor.map(({ name, resource }) => `${resource}/${name}`).join(', ')
  if (claim.metadata.deletionTimestamp !== undefined)
    return {
      about,
      says: users === '' ? 'is being deleted' : `is being deleted, and is still used by ${users}`,
      remedy: 'it goes once nobody uses it any more',
    }
  if (allocation !== undefined) {
    const devices = (allocation.devices?.results ?? []).map(({ pool, device }) => `${pool}/${device}`).join(', ')
    return {
      about,
      says: `has the devices ${devices === '' ? '(none)' : devices}${users === '' ? ', and nobody uses it' : `, and is used by ${users}`}`,
    }
  }
  const names = (claim.spec.devices?.requests ?? []).flatMap(({ exactly, firstAvailable = [] }) =>
    exactly === undefined ? firstAvailable.map((one) => one.deviceClassName) : [exactly.deviceClassName],
  )
  const because: Finding[] = []
  for (const name of new Set(names))
    if ((await orNothing(client.get(deviceClasses, { name }))) === undefined)
      because.push({ about: aboutText('DeviceClass', { name }), says: 'does not exist', remedy: 'create it' })
  const { items } = await client.list(resourceSlices)
  if (items.length === 0)
    because.push({
      about: 'ResourceSlice',
      says: 'there is none: no driver offers devices',
      remedy: 'install the driver of the devices, or see why it does not run',
    })
  else because.push(...(await whoHas(client, items)))
  return { about, says: 'has no devices yet', because }
}

/** Whose claims have the devices that there are. */
async function whoHas(
  client: World['client'],
  slices: readonly { readonly spec: { readonly devices?: readonly unknown[] } }[],
): Promise<readonly Finding[]> {
  const all = slices.reduce((sum, { spec }) => sum + (spec.devices ?? []).length, 0)
  const holders = (await client.list(resourceClaims)).items.filter(({ status }) => status?.allocation !== undefined)
  if (holders.length === 0) return [{ about: 'ResourceSlice', says: `${all} devices are offered, and none is taken` }]
  return [
    {
      about: 'ResourceSlice',
      says: `${all} devices are offered`,
      because: holders.slice(0, 5).map((claim) => ({
        about: aboutText('ResourceClaim', claim.metadata),
        says: `has ${(claim.status.allocation?.devices?.results ?? []).map(({ pool, device }) => `${pool}/${device}`).join(', ')}`,
      })),
    },
  ]
}
