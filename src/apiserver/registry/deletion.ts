import {
  badRequest,
  conflict,
  invalidObject,
  type KubeObject,
  notSupported,
  timestampOf,
} from '../../machinery/index.ts'
import type { ResourceDefinition } from '../../resources/index.ts'
import { isTrue, wholeOf } from '../query-texts.ts'
import { notRegistered } from './refused-bodies.ts'

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number
  readonly orphanDependents?: boolean
  readonly propagationPolicy?: string
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string }
  readonly dryRun?: readonly string[]
}

export const orphanFinalizer = 'orphan'
export const foregroundFinalizer = 'foregroundDeletion'
const graceDefaultSeconds = 30

/** Kubernetes: these are marked in ways of their own, which say no grace and count no generation. */
const markedApart: ReadonlySet<string> = new Set(['CustomResourceDefinition', 'Namespace'])

/** What a delete comes to: the object goes now, or it is changed (marked, finalizers set) and goes later. */
export type Deletion =
  | { readonly action: 'remove' }
  | { readonly action: 'mark'; readonly metadata: Record<string, unknown>; readonly namespacePhase?: 'Terminating' }
  | { readonly action: 'nothing' }

/** Options as a DELETE carries them, in the body or the query; 400 when the combination is not allowed. */
export function deleteOptionsOf(body: unknown, query: Readonly<Record<string, string>>): DeleteOptions {
  const given = (body ?? {}) as DeleteOptions & { kind?: string; apiVersion?: string }
  if (given.kind !== undefined && given.kind !== '' && given.kind !== 'DeleteOptions') throw notRegistered(given)
  const grace = wholeOf(query.gracePeriodSeconds)
  const options: DeleteOptions = {
    ...given,
    ...(grace !== undefined && given.gracePeriodSeconds === undefined ? { gracePeriodSeconds: grace } : {}),
    ...(query.propagationPolicy !== undefined && given.propagationPolicy === undefined
      ? { propagationPolicy: query.propagationPolicy }
      : {}),
    ...(query.orphanDependents !== undefined && given.orphanDependents === undefined
      ? { orphanDependents: isTrue(query.orphanDependents) }
      : {}),
  }
  if (options.gracePeriodSeconds !== undefined && !Number.isInteger(options.gracePeriodSeconds)) {
    const what = typeof options.gracePeriodSeconds === 'number' ? `number ${options.gracePeriodSeconds}` : 'string'
    throw badRequest(
      `json: cannot unmarshal ${what} into Go struct field DeleteOptions.gracePeriodSeconds of type int64`,
    )
  }
  const about = { group: 'meta.k8s.io', kind: 'DeleteOptions' }
  if (given.dryRun?.some((one) => one !== 'All') === true)
    throw invalidObject(about, '', [notSupported('dryRun', given.dryRun, ['All'])])
  if (options.orphanDependents !== undefined && options.propagationPolicy !== undefined) {
    throw invalidObject(about, '', [
      {
        type: 'FieldValueInvalid',
        field: 'propagationPolicy',
        message: `Invalid value: ${JSON.stringify(options.propagationPolicy)}: orphanDependents and deletionPropagation cannot be both set`,
      },
    ])
  }
  const policies = ['Foreground', 'Background', 'Orphan']
  if (options.propagationPolicy !== undefined && !policies.includes(options.propagationPolicy)) {
    throw invalidObject(about, '', [notSupported('propagationPolicy', options.propagationPolicy, [...policies, 'nil'])])
  }
  return options
}

/** 409 when the object is not the one the caller meant. */
export function checkPreconditions(
  definition: ResourceDefinition<any>,
  object: KubeObject,
  options: DeleteOptions,
): void {
  const { uid, resourceVersion } = options.preconditions ?? {}
  // Kubernetes: these conflicts name the kind where others name the resource.
  const of = { group: definition.group, resource: definition.kind }
  if (uid !== undefined && uid !== object.metadata.uid) {
    throw conflict(
      of,
      object.metadata.name,
      `the UID in the precondition (${uid}) does not match the UID in record (${object.metadata.uid}). The object might have been deleted and then recreated`,
    )
  }
  if (resourceVersion !== undefined && resourceVersion !== object.metadata.resourceVersion) {
    throw conflict(
      of,
      object.metadata.name,
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${object.metadata.resourceVersion}). The object might have been modified`,
    )
  }
}

/** Kubernetes' rules of grace, finalizers and propagation, for one object at one moment. */
export function planDeletion(
  definition: ResourceDefinition<any>,
  object: KubeObject,
  options: DeleteOptions,
  nowMs: number,
): Deletion {
  const meta = object.metadata
  const finalizers = finalizersAfter(definition, meta.finalizers ?? [], options)
  const grace = definition.graceful ? graceOf(object, options) : 0
  const changed =
    finalizers.length !== (meta.finalizers ?? []).length ||
    finalizers.some((one, index) => one !== meta.finalizers?.[index])
  const phase = (object as { status?: { phase?: string } }).status?.phase
  const specFinalizers =
    definition.kind === 'Namespace' ? ((object as { spec?: { finalizers?: string[] } }).spec?.finalizers ?? []) : []

  if (grace === 0 && finalizers.length === 0 && specFinalizers.length === 0) return { action: 'remove' }
  if (meta.deletionTimestamp !== undefined) {
    // Kubernetes: a second delete may only shorten the grace of a first one.
    const left = meta.deletionGracePeriodSeconds ?? 0
    if (grace >= left && !changed) return { action: 'nothing' }
    return marked(meta, finalizers, shortened(meta.deletionTimestamp, left, Math.min(grace, left), nowMs))
  }
  const mark = marked(meta, finalizers, { atMs: nowMs + grace * 1000, grace })
  if (!markedApart.has(definition.kind)) return mark
  const { deletionGracePeriodSeconds: _grace, ...unhurried } = mark.metadata
  const metadata = meta.generation === undefined ? unhurried : { ...unhurried, generation: meta.generation }
  return phase === 'Terminating' || specFinalizers.length === 0
    ? { ...mark, metadata }
    : { ...mark, metadata, namespacePhase: 'Terminating' }
}

/** Whether an object that was marked may go, now that an update has changed it. */
export function isFinished(definition: ResourceDefinition<any>, object: KubeObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds, finalizers } = object.metadata
  if (deletionTimestamp === undefined || (finalizers?.length ?? 0) > 0) return false
  if (definition.kind === 'Namespace')
    return ((object as { spec?: { finalizers?: string[] } }).spec?.finalizers?.length ?? 0) === 0
  return !definition.graceful || (deletionGracePeriodSeconds ?? 0) === 0
}

interface Grace {
  readonly atMs: number
  readonly grace: number
}

/** A shorter grace counts from the first delete; when that is over already, one second is left, unless none was asked for. */
function shortened(deletionTimestamp: string, left: number, grace: number, nowMs: number): Grace {
  const atMs = Date.parse(deletionTimestamp) - left * 1000 + grace * 1000
  return grace >= left || atMs >= nowMs ? { atMs, grace } : { atMs: nowMs, grace: Math.min(grace, 1) }
}

function marked(
  meta: KubeObject['metadata'],
  finalizers: readonly string[],
  { atMs, grace }: Grace,
): Deletion & { action: 'mark' } {
  const { finalizers: _finalizers, ...rest } = meta
  // Kubernetes: to be marked is a new generation, where generations are counted: whoever acts upon the object must look again.
  const counts = meta.deletionTimestamp === undefined && (meta.generation ?? 0) > 0
  return {
    action: 'mark',
    metadata: {
      ...rest,
      ...(counts ? { generation: meta.generation! + 1 } : {}),
      deletionTimestamp: timestampOf(atMs),
      deletionGracePeriodSeconds: grace,
      ...(finalizers.length === 0 ? {} : { finalizers }),
    },
  }
}

/** Kubernetes: an unscheduled or finished pod, or grace 0, goes at once; a negative grace is 1 second. */
function graceOf(object: KubeObject, options: DeleteOptions): number {
  const { spec, status } = object as {
    spec?: { nodeName?: string; terminationGracePeriodSeconds?: number }
    status?: { phase?: string }
  }
  const asked = options.gracePeriodSeconds ?? spec?.terminationGracePeriodSeconds ?? graceDefaultSeconds
  if (spec?.nodeName === undefined || spec.nodeName === '') return 0
  if (status?.phase === 'Failed' || status?.phase === 'Succeeded') return 0
  return asked < 0 ? 1 : asked
}

/** Orphan and Foreground are finalizers for the garbage collector; the last word of the caller wins over what is set. */
function finalizersAfter(
  definition: ResourceDefinition<any>,
  finalizers: readonly string[],
  options: DeleteOptions,
): readonly string[] {
  if (definition.storage.prefix === 'events') return finalizers
  const asksOrphan = options.propagationPolicy === 'Orphan' || options.orphanDependents === true
  const asksForeground = options.propagationPolicy === 'Foreground'
  const asksBackground = options.propagationPolicy === 'Background' || options.orphanDependents === false
  const asked = asksOrphan || asksForeground || asksBackground
  const wasForeground = finalizers.includes(foregroundFinalizer)
  const wasOrphan = finalizers.includes(orphanFinalizer)
  const orphan = asked ? asksOrphan : wasOrphan || (definition.orphansByDefault === true && !wasForeground)
  const foreground = asked ? asksForeground : wasForeground
  const others = finalizers.filter((one) => one !== orphanFinalizer && one !== foregroundFinalizer)
  const added = (definition.deletionFinalizers ?? []).filter((one) => !others.includes(one))
  return [...others, ...added, ...(orphan ? [orphanFinalizer] : []), ...(foreground ? [foregroundFinalizer] : [])]
}
