import { type FieldError, invalid, invalidObject, parseIp, sameJson } from '../../machinery/index.ts'
import type { Draft, Service } from '../../resources/index.ts'

export type Family = 'IPv4' | 'IPv6'
/** The address families that services of a cluster may have; the first is the one they get unasked. */
export type ClusterFamilies = readonly [Family, ...Family[]]

export function familyOf(ip: string): Family {
  return parseIp(ip)?.family === 6 ? 'IPv6' : 'IPv4'
}
const otherOf = (family: Family): Family => (family === 'IPv4' ? 'IPv6' : 'IPv4')

/** Kubernetes: clients that know only `clusterIP` mean the first of `clusterIPs`; an update that names neither keeps both. */
export function settleClusterIps(draft: Draft, previous: Service | undefined): void {
  const { spec } = draft
  const before = previous?.spec
  const needsOne = (of: { readonly type?: string } | undefined) => of !== undefined && of.type !== 'ExternalName'
  if (before === undefined) {
    if (isNone(spec.clusterIPs) && !isNone(spec.clusterIP)) spec.clusterIPs = [spec.clusterIP]
    return
  }
  const [old, now] = [before.clusterIP ?? '', spec.clusterIP ?? '']
  if (old !== now) {
    const isSame = sameJson(before.clusterIPs ?? [], spec.clusterIPs ?? [])
    if (now === '' && isSame) delete spec.clusterIPs
    else if (old === '' && isNone(spec.clusterIPs)) spec.clusterIPs = [now]
    else if (isSame) spec.clusterIPs = [now, ...(spec.clusterIPs ?? []).slice(1)]
  }
  if (!needsOne(before) || !needsOne(spec)) return
  if (isNone(spec.clusterIP)) spec.clusterIP = before.clusterIP
  if (isNone(spec.clusterIPs) && spec.clusterIP === before.clusterIP) spec.clusterIPs = before.clusterIPs
}

const isNone = (value: string | readonly string[] | undefined) => value === undefined || value.length === 0

/**
 * Fills in ipFamilies and ipFamilyPolicy as Kubernetes does: what is not said follows from the addresses asked for, from what
 * the service had, and from what the cluster can do. Throws 422 for what it cannot.
 */
export function settleFamilies(draft: Draft, previous: Service | undefined, families: ClusterFamilies): void {
  const { spec } = draft
  if (spec.type === 'ExternalName' || keepsPreferred(draft, previous)) return
  const isHeadless = spec.clusterIP === 'None'
  const isSelectorless = Object.keys(spec.selector ?? {}).length === 0
  spec.ipFamilyPolicy ??=
    previous?.spec?.ipFamilyPolicy ?? (isHeadless && isSelectorless ? 'RequireDualStack' : 'SingleStack')
  const errors = [...releaseErrors(draft, previous), ...inferFamilies(draft, families)]
  refuse(draft, errors)
  if (isHeadless && isSelectorless) {
    spec.ipFamilies ??= [families[0]]
    if (spec.ipFamilies.length < 2 && spec.ipFamilyPolicy !== 'SingleStack')
      spec.ipFamilies = [spec.ipFamilies[0], otherOf(spec.ipFamilies[0])]
    return
  }
  if (spec.ipFamilyPolicy === 'RequireDualStack' && families.length < 2)
    errors.push(
      invalid('spec.ipFamilyPolicy', spec.ipFamilyPolicy, 'this cluster is not configured for dual-stack services'),
    )
  for (const [index, family] of (spec.ipFamilies ?? []).entries())
    if (!families.includes(family))
      errors.push(invalid(`spec.ipFamilies[${index}]`, family, 'not configured on this cluster'))
  refuse(draft, errors)
  spec.ipFamilies ??= [families[0]]
  if (spec.ipFamilyPolicy !== 'SingleStack' && spec.ipFamilies.length === 1 && families.length === 2)
    spec.ipFamilies = [spec.ipFamilies[0], otherOf(spec.ipFamilies[0])]
}

/** Kubernetes: a service that prefers two families is neither widened nor narrowed unless an update says so. */
function keepsPreferred({ spec }: Draft, previous: Service | undefined): boolean {
  const before = previous?.spec
  if (before === undefined || before.type === 'ExternalName') return false
  if (before.ipFamilyPolicy !== 'PreferDualStack') return false
  if (spec.ipFamilyPolicy !== undefined && spec.ipFamilyPolicy !== 'PreferDualStack') return false
  const isSame = (now: unknown, old: unknown) => now === undefined || sameJson(now, old)
  if (!isSame(spec.clusterIPs, before.clusterIPs) || !isSame(spec.ipFamilies, before.ipFamilies)) return false
  spec.ipFamilyPolicy = before.ipFamilyPolicy
  spec.clusterIPs = before.clusterIPs
  spec.ipFamilies = before.ipFamilies
  return true
}

/** What an update gives back it must say it wants to: only SingleStack lets a second family go. */
function releaseErrors({ spec }: Draft, previous: Service | undefined): FieldError[] {
  const before = previous?.spec
  const errors: FieldError[] = []
  if (spec.ipFamilyPolicy === 'SingleStack') {
    if (before !== undefined) {
      if (sameJson(before.clusterIPs, spec.clusterIPs) && (spec.clusterIPs?.length ?? 0) > 1)
        spec.clusterIPs = spec.clusterIPs.slice(0, 1)
      if (sameJson(before.ipFamilies, spec.ipFamilies) && (spec.ipFamilies?.length ?? 0) > 1)
        spec.ipFamilies = spec.ipFamilies.slice(0, 1)
    }
    const why = (what: string) => `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`
    if (spec.clusterIPs?.length === 2)
      errors.push(invalid('spec.ipFamilyPolicy', spec.ipFamilyPolicy, why('cluster IPs')))
    if (spec.ipFamilies?.length === 2)
      errors.push(invalid('spec.ipFamilyPolicy', spec.ipFamilyPolicy, why('IP families')))
    return errors
  }
  const isReduced = (old: readonly string[] | undefined, now: readonly string[] | undefined) =>
    old?.length === 2 && now?.length === 1 && old[0] === now[0]
  const why = (what: string) => `must be 'SingleStack' to release the secondary ${what}`
  if (isReduced(before?.clusterIPs, spec.clusterIPs))
    errors.push(invalid('spec.ipFamilyPolicy', spec.ipFamilyPolicy, why('cluster IP')))
  if (isReduced(before?.ipFamilies, spec.ipFamilies))
    errors.push(invalid('spec.ipFamilyPolicy', spec.ipFamilyPolicy, why('IP family')))
  return errors
}

/** Families that are not named are those of the addresses asked for. */
function inferFamilies({ spec }: Draft, families: ClusterFamilies): FieldError[] {
  const errors: FieldError[] = []
  const addresses: readonly string[] = spec.clusterIPs ?? []
  const named: Family[] = [...(spec.ipFamilies ?? [])]
  for (const [index, ip] of addresses.entries()) {
    if (ip === 'None') break
    if (ip === '' || parseIp(ip) === undefined || index < named.length) continue
    const family = familyOf(ip)
    if (families.includes(family)) named.push(family)
    else errors.push(invalid(`spec.clusterIPs[${index}]`, addresses, `${family} is not configured on this cluster`))
  }
  if (named.length > 0) spec.ipFamilies = named
  return errors
}

function refuse({ metadata }: Draft, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalidObject({ group: '', kind: 'Service' }, metadata.name, errors)
}
