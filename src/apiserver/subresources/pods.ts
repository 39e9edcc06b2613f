import {
  badRequest,
  type Clock,
  cloneJson,
  conflict,
  invalidObject,
  isConflict,
  isReady,
  type KubeObject,
  type LabelQuery,
  type LabelSelector,
  labelQueryOf,
  required,
  StatusError,
  sameJson,
  timestampOf,
  tooManyRequests,
} from '../../machinery/index.ts'
import {
  type Draft,
  ephemeralContainersErrors,
  type Pod,
  type PodCondition,
  type PodDisruptionBudget,
  podDisruptionBudgets,
  podResizeErrors,
  pods,
} from '../../resources/index.ts'
import { deleteOptionsOf } from '../registry/deletion.ts'
import { draftOf } from '../registry/draft.ts'
import { patchChange } from '../registry/patching.ts'
import type { Change, Registry } from '../registry/registry.ts'
import { textLength } from '../registry/text-length.ts'
import type { RequestContext, Result } from '../request.ts'
import type { HandlerTable, SpecialHandler } from './subresources.ts'

/** About how long the condition is that says that a pod is bound, and the member that says where. */
const boundLength = 150
const podResource = { group: '', resource: 'pods' }

/** binding, eviction, ephemeralcontainers and resize of pods, and the bindings collection. */
export function podSubresources(registry: Registry, clock: Clock): HandlerTable {
  return {
    '/pods/binding': {
      create: (target, context) =>
        bind(registry, clock, target.namespace ?? '', target.name ?? '', target.body, context),
    },
    '/bindings': {
      create: (target, context) =>
        bind(registry, clock, target.namespace ?? '', (target.body as any)?.metadata?.name ?? '', target.body, context),
    },
    '/pods/eviction': {
      create: (target, context) =>
        evict(registry, clock, target.namespace ?? '', target.name ?? '', target.body, context),
    },
    '/pods/ephemeralcontainers': partial(registry, 'ephemeralcontainers', ephemeralContainers),
    '/pods/resize': partial(registry, 'resize', resize),
  }
}

/** Kubernetes: a pod is bound once; labels and annotations of the Binding go onto it. */
async function bind(
  registry: Registry,
  clock: Clock,
  namespace: string,
  name: string,
  body: any,
  context: RequestContext,
): Promise<Result> {
  if (body?.metadata?.name !== name) throw badRequest('name in URL does not match name in Binding object')
  const about = { group: '', kind: 'Binding' }
  const target = body?.target ?? {}
  if (target.kind !== undefined && target.kind !== '' && target.kind !== 'Node') {
    throw invalidObject(about, name, [
      {
        type: 'FieldValueNotSupported',
        field: 'target.kind',
        message: `Unsupported value: ${JSON.stringify(target.kind)}: supported values: "Node", "<empty>"`,
      },
    ])
  }
  if (target.name === undefined || target.name === '') throw invalidObject(about, name, [required('target.name')])
  await registry.update(
    pods,
    namespace,
    name,
    {
      subresource: 'binding',
      retry: true,
      next(current) {
        const pod = { ...current, metadata: { ...current!.metadata }, spec: { ...(current as Pod).spec } } as Draft
        const uid = body.metadata?.uid
        if (uid !== undefined && uid !== '' && uid !== pod.metadata.uid)
          throw conflict(
            podResource,
            name,
            `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${pod.metadata.uid}`,
          )
        if (pod.metadata.deletionTimestamp !== undefined)
          throw conflict(podResource, name, `pod ${name} is being deleted, cannot be assigned to a host`)
        if (pod.spec.nodeName !== undefined && pod.spec.nodeName !== '')
          throw conflict(podResource, name, `pod ${name} is already assigned to node "${pod.spec.nodeName}"`)
        if ((pod.spec.schedulingGates?.length ?? 0) > 0)
          throw conflict(podResource, name, `pod ${name} has non-empty .spec.schedulingGates`)
        pod.spec.nodeName = target.name
        for (const key of ['annotations', 'labels'] as const) {
          const added = body.metadata?.[key]
          if (added !== undefined && Object.keys(added).length > 0)
            pod.metadata[key] = { ...pod.metadata[key], ...added }
        }
        // Kubernetes: where it was expected, and which generation was refused before, is of no concern any more.
        const { nominatedNodeName: _, ...status } = pod.status ?? {}
        pod.status = {
          ...status,
          conditions: withCondition(
            (status.conditions ?? []).map(unobserved),
            { type: 'PodScheduled', status: 'True' },
            timestampOf(clock.now()),
          ),
        }
        return pod
      },
      internal: true,
      managed: true,
      growth:
        boundLength + target.name.length + textLength(body.metadata?.labels) + textLength(body.metadata?.annotations),
    },
    context,
  )
  return {
    type: 'value',
    code: 201,
    body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 },
  }
}

/** A verdict of the scheduler without the generation it was about. */
function unobserved(condition: PodCondition): PodCondition {
  if (condition.type !== 'PodScheduled') return condition
  const { observedGeneration: _, ...rest } = condition
  return rest
}

/** The list with one condition set; its transition time moves only when its status does. */
export function withCondition(
  conditions: readonly any[],
  condition: { type: string; status: string; reason?: string; message?: string },
  now: string,
): readonly any[] {
  const known = conditions.find(({ type }) => type === condition.type)
  const lastTransitionTime = known?.status === condition.status ? known.lastTransitionTime : now
  const next = {
    lastProbeTime: null,
    ...(known?.observedGeneration === undefined ? {} : { observedGeneration: known.observedGeneration }),
    lastTransitionTime,
    ...condition,
  }
  return known === undefined ? [...conditions, next] : conditions.map((one) => (one === known ? next : one))
}

const queries = new WeakMap<LabelSelector, LabelQuery>()
/** The query of a stored selector, read once: each eviction asks all the budgets of its namespace. */
function queryOf(selector: LabelSelector): LabelQuery {
  const known = queries.get(selector) ?? labelQueryOf(selector)
  queries.set(selector, known)
  return known
}

/** An eviction is a delete that asks every PodDisruptionBudget first; 429 when one has nothing left to give. */
async function evict(
  registry: Registry,
  clock: Clock,
  namespace: string,
  name: string,
  body: any,
  context: RequestContext,
): Promise<Result> {
  if (body?.metadata?.name !== name) throw badRequest('name in URL does not match name in Eviction object')
  const options = deleteOptionsOf(body?.deleteOptions, {})
  const dry = options.dryRun?.includes('All') ? { ...context, dryRun: true } : context
  const got = await registry.get(pods, namespace, name)
  const pod = (got as unknown as { object: Pod }).object
  const success: Result = {
    type: 'value',
    code: 201,
    body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 },
  }
  const phase = pod.status?.phase
  // Kubernetes: budgets do not protect pods that are finished, pending or already on their way out.
  if (
    phase === 'Succeeded' ||
    phase === 'Failed' ||
    phase === 'Pending' ||
    pod.metadata.deletionTimestamp !== undefined
  ) {
    await registry.delete(pods, namespace, name, options, dry)
    return success
  }
  const budgets = (await registry.all<PodDisruptionBudget>(podDisruptionBudgets, namespace)).filter((budget) => {
    const selector = budget.spec?.selector
    return selector !== undefined && queryOf(selector).matches(pod.metadata.labels ?? {})
  })
  if (budgets.length > 1)
    throw new StatusError(
      500,
      undefined,
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    )
  const [budget] = budgets
  if (budget !== undefined) {
    const ready = isReady(pod)
    const policy = budget.spec?.unhealthyPodEvictionPolicy ?? 'IfHealthyBudget'
    const healthy =
      (budget.status?.currentHealthy ?? 0) >= (budget.status?.desiredHealthy ?? 0) &&
      (budget.status?.desiredHealthy ?? 0) > 0
    const free = !ready && (policy === 'AlwaysAllow' || healthy)
    if (!free) await spend(registry, clock, budget, pod, dry)
  }
  // Kubernetes: the pod says why it goes before it goes.
  await registry.update(
    pods,
    namespace,
    name,
    {
      subresource: 'status',
      retry: true,
      next: (current) => {
        const draft = cloneJson(current) as Draft
        const condition = {
          type: 'DisruptionTarget',
          status: 'True',
          reason: 'EvictionByEvictionAPI',
          message: 'Eviction API: evicting',
        }
        draft.status = {
          ...draft.status,
          conditions: withCondition(draft.status?.conditions ?? [], condition, timestampOf(clock.now())),
        }
        return draft
      },
    },
    dry,
  )
  await registry.delete(
    pods,
    namespace,
    name,
    { ...options, preconditions: { uid: pod.metadata.uid, ...options.preconditions } },
    dry,
  )
  return success
}

/** Takes one disruption from the budget, by compare-and-write so that two evictions never share it. */
async function spend(
  registry: Registry,
  clock: Clock,
  budget: PodDisruptionBudget,
  pod: Pod,
  context: RequestContext,
): Promise<void> {
  const { namespace = '', name } = budget.metadata
  const refuse = (message: string) =>
    tooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.", 0, {
      causes: [{ reason: 'DisruptionBudget', message }],
    })
  await registry
    .update(
      podDisruptionBudgets,
      namespace,
      name,
      {
        subresource: 'status',
        retry: true,
        next(current) {
          const draft = cloneJson(current) as Draft
          const status = draft.status ?? {}
          if ((status.observedGeneration ?? 0) < (draft.metadata.generation ?? 0)) {
            throw tooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.", 10, {
              causes: [
                {
                  reason: 'DisruptionBudget',
                  message: `The disruption budget ${name} is still being processed by the server.`,
                },
              ],
            })
          }
          if (status.disruptionsAllowed < 0) throw refuse('pdb disruptions allowed is negative')
          if ((status.disruptionsAllowed ?? 0) === 0) {
            throw refuse(
              `The disruption budget ${name} needs ${status.desiredHealthy ?? 0} healthy pods and has ${status.currentHealthy ?? 0} currently`,
            )
          }
          status.disruptionsAllowed -= 1
          status.disruptedPods = { ...status.disruptedPods, [pod.metadata.name]: timestampOf(clock.now()) }
          draft.status = status
          return draft
        },
      },
      context,
    )
    .catch((error: unknown) => {
      if (isConflict(error)) throw refuse(`The disruption budget ${name} is being changed`)
      throw error
    })
}

/** GET, PUT and PATCH of a subresource whose body is the pod, of which only a part may change. */
function partial(registry: Registry, subresource: string, strategy: NonNullable<Change['strategy']>): SpecialHandler {
  return async ({ verb, namespace, name = '', body, patchType }, context) => {
    if (verb === 'get') return registry.get(pods, namespace, name, context.query)
    const change: Change =
      verb === 'patch' ? patchChange(pods, patchType ?? 'strategic', body, context) : fixed(body, context)
    return registry.update(pods, namespace, name, { ...change, subresource, strategy }, context)
  }
}

function fixed(body: unknown, context: RequestContext): Change {
  const draft = draftOf(pods, body, context)
  return { next: () => cloneJson(draft), retry: false }
}

const ephemeralContainers: NonNullable<Change['strategy']> = {
  prepare(draft, previous) {
    const asked = draft.spec?.ephemeralContainers
    const { metadata } = draft
    Object.assign(draft, cloneJson(previous), { metadata })
    draft.spec = { ...draft.spec, ...(asked === undefined ? {} : { ephemeralContainers: asked }) }
    if (asked === undefined) delete draft.spec.ephemeralContainers
    bumpGeneration(draft, previous)
  },
  validate: (draft, previous) => ephemeralContainersErrors(draft as Pod, previous as Pod),
}

/** Kubernetes: through /resize only resources and resize policies change; the rest of the body is dropped. */
const resize: NonNullable<Change['strategy']> = {
  prepare(draft, previous) {
    const asked = draft.spec ?? {}
    const next = cloneJson(previous) as Draft
    for (const list of ['containers', 'initContainers'] as const) {
      for (const container of next.spec[list] ?? []) {
        const wanted = asked[list]?.find((one: { name: string }) => one.name === container.name)
        if (wanted === undefined) continue
        for (const key of ['resources', 'resizePolicy']) {
          if (wanted[key] === undefined) delete container[key]
          else container[key] = wanted[key]
        }
      }
    }
    if (asked.resources === undefined) delete next.spec.resources
    else next.spec.resources = asked.resources
    const { metadata } = draft
    Object.assign(draft, next, { metadata: { ...next.metadata, managedFields: metadata.managedFields } })
    if (metadata.managedFields === undefined) delete draft.metadata.managedFields
    bumpGeneration(draft, previous)
  },
  validate: (draft, previous) => podResizeErrors(draft as Pod, previous as Pod),
}

function bumpGeneration(draft: Draft, previous: KubeObject): void {
  const generation = previous.metadata.generation ?? 0
  draft.metadata.generation = sameJson(draft.spec, (previous as Pod).spec) ? generation : generation + 1
}
