import { scalingToZero } from '../autoscaling/definitions.ts'
import type { Draft, ResourceDefinition } from '../definition.ts'
import { builtInSchema } from '../schema.ts'
import type { FeatureGates } from './gates.ts'
import { judgedBy } from './judged-by.ts'

/** What the schema calls gates that go by another name. */
const gateNames: Readonly<Record<string, string>> = { PodCertificateProjection: 'PodCertificateRequest' }
const core = 'io.k8s.api.core.v1.'
/** Fields whose gate the schema does not tell; all of the gates must be on. */
const moreGated: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  [`${core}Lifecycle`]: { stopSignal: ['ContainerStopSignals'] },
  [`${core}TopologySpreadConstraint`]: { matchLabelKeys: ['MatchLabelKeysInPodTopologySpread'] },
  'io.k8s.api.apps.v1.DeploymentStatus': { terminatingReplicas: ['DeploymentReplicaSetTerminatingReplicas'] },
  'io.k8s.api.apps.v1.ReplicaSetStatus': { terminatingReplicas: ['DeploymentReplicaSetTerminatingReplicas'] },
}
/** Kubernetes: a reference into another namespace goes as a whole, not only its namespace. */
const wholeReference: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  [`${core}PersistentVolumeClaimSpec`]: { dataSourceRef: 'namespace' },
}

interface Walk {
  /** Members that go, each with the gates that hold them. */
  readonly drops: readonly { readonly name: string; readonly gates: readonly string[]; readonly when?: string }[]
  readonly children: readonly { readonly name: string; readonly many: boolean; readonly walk: Walk }[]
}

/** The definition whose writes lose the fields of features that are off, and may have what features that are on allow. */
export function gatedDefinition(ungated: ResourceDefinition<any>, gates: FeatureGates): ResourceDefinition<any> {
  const definition = gates.enabled('HPAScaleToZero') ? scalingToZero(ungated) : ungated
  // Types are read only when something of them is written: a server that starts need not know them all.
  let known: { readonly walk: Walk | undefined } | undefined
  const drop = (draft: Draft, previous?: object) => {
    known ??= { walk: walkOf(definition.type, gates, new Set()) }
    const { walk } = known
    if (walk === undefined || !holdsAny(walk, draft, previous)) return
    const inUse = new Set<string>()
    if (previous !== undefined) noteUse(walk, previous, inUse)
    dropFrom(walk, draft, inUse)
  }
  const { prepareForCreate, prepareForUpdate, prepareForStatusUpdate } = definition
  const { validate, validateUpdate, validateStatusUpdate } = definition
  return {
    ...definition,
    validate: (object) => judgedBy(gates, () => validate(object)),
    validateUpdate: (object, previous) => judgedBy(gates, () => validateUpdate(object, previous)),
    validateStatusUpdate: (object, previous) => judgedBy(gates, () => validateStatusUpdate(object, previous)),
    prepareForCreate(draft, context) {
      drop(draft)
      prepareForCreate(draft, context)
    },
    prepareForUpdate(draft, previous, context) {
      drop(draft, previous)
      prepareForUpdate(draft, previous, context)
    },
    prepareForStatusUpdate(draft, previous, context) {
      drop(draft, previous)
      prepareForStatusUpdate(draft, previous, context)
    },
  }
}

/** Where in a type something is to be dropped; undefined for nowhere. */
function walkOf(type: string, gates: FeatureGates, above: ReadonlySet<string>): Walk | undefined {
  const schema = above.has(type) ? undefined : builtInSchema.type(type)
  if (schema === undefined || schema.special !== undefined) return undefined
  const drops: Walk['drops'][number][] = []
  const children: Walk['children'][number][] = []
  const within = new Set([...above, type])
  for (const field of schema.jsonFields) {
    const named = moreGated[type]?.[field.name] ?? field.featureGates ?? []
    const off = named.map((gate) => gateNames[gate] ?? gate).filter((gate) => isOff(gates, gate))
    const inner = off.length > 0 ? undefined : walkOf(field.type, gates, within)
    const when = wholeReference[type]?.[field.name]
    if (off.length > 0) drops.push({ name: field.name, gates: off })
    else if (when !== undefined && inner?.drops.some(({ name }) => name === when) === true)
      drops.push({ name: field.name, gates: inner.drops[0]!.gates, when })
    else if (inner !== undefined) children.push({ name: field.name, many: field.repeated || field.map, walk: inner })
  }
  return drops.length === 0 && children.length === 0 ? undefined : { drops, children }
}

/** What the schema names and the table does not know is part of the API for good. */
const isOff = (gates: FeatureGates, gate: string) => gates.isKnown(gate) && !gates.enabled(gate)

/** Whether there is anything to drop, which is rare; what a draft shares with the object before it has been through this. */
function holdsAny(walk: Walk, draft: any, previous: any): boolean {
  if (typeof draft !== 'object' || draft === null || draft === previous) return false
  for (const { name } of walk.drops) if (draft[name] !== undefined) return true
  for (const { name, many, walk: inner } of walk.children) {
    const value = draft[name]
    if (value === undefined || value === null) continue
    if (!many) {
      if (holdsAny(inner, value, previous?.[name])) return true
    } else if (value !== previous?.[name]) {
      for (const one of partsOf(value, true)) if (holdsAny(inner, one, undefined)) return true
    }
  }
  return false
}

function dropFrom(walk: Walk, draft: Draft, inUse: ReadonlySet<string>): void {
  if (typeof draft !== 'object' || draft === null) return
  for (const { name, gates, when } of walk.drops) {
    if (draft[name] === undefined || gates.some((gate) => inUse.has(gate))) continue
    if (when === undefined || (draft[name]?.[when] ?? '') !== '') delete draft[name]
  }
  for (const { name, many, walk: inner } of walk.children)
    for (const one of partsOf(draft[name], many)) dropFrom(inner, one, inUse)
}

/** Kubernetes: an object that uses a feature already keeps it, and may use it more. */
function noteUse(walk: Walk, object: any, inUse: Set<string>): void {
  if (typeof object !== 'object' || object === null) return
  for (const { name, gates, when } of walk.drops) {
    const value = when === undefined ? object[name] : object[name]?.[when]
    if (value !== undefined && value !== '') for (const gate of gates) inUse.add(gate)
  }
  for (const { name, many, walk: inner } of walk.children)
    for (const one of partsOf(object[name], many)) noteUse(inner, one, inUse)
}

function partsOf(value: unknown, many: boolean): readonly unknown[] {
  if (value === undefined || value === null) return []
  if (!many) return [value]
  return Array.isArray(value) ? value : Object.values(value)
}
