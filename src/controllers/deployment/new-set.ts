import type { Client, RecordEvent } from '../../client/index.ts'
import { controllerOf, isAlreadyExists, nameOf, StatusError, sameJson, type Unsaved } from '../../machinery/index.ts'
import {
  type Deployment,
  type DeploymentStatus,
  deployments,
  type ReplicaSet,
  replicaSets,
} from '../../resources/index.ts'
import { ownerReference } from '../runtime/owner-reference.ts'
import { podTemplateHashLabel, sameTemplate, templateHash } from '../runtime/template-hash.ts'
import { annotationsForNewSet, nextRevision, revisionAnnotation, sizeAnnotations } from './revisions.ts'
import { newSetSize } from './sizes.ts'
import { hasDeadline, progressingOf, sayCondition } from './status.ts'

interface NewSetParts {
  readonly deployment: Deployment
  /** The set with the Deployment's template, if there is one. */
  readonly found: ReplicaSet | undefined
  readonly oldSets: readonly ReplicaSet[]
  readonly create: boolean
  readonly client: Client
  readonly record: RecordEvent
  readonly nowMs: number
  readonly update: (change: {
    readonly status?: DeploymentStatus
    readonly annotations?: Readonly<Record<string, string>>
  }) => Promise<void>
}

/** The ReplicaSet of the Deployment's template, with the newest revision's number; made if need be and allowed. */
export async function findOrCreateNewSet(parts: NewSetParts): Promise<ReplicaSet | undefined> {
  const { deployment, found, oldSets, client } = parts
  const revision = nextRevision(oldSets)
  if (found === undefined) return parts.create ? createNewSet(parts, revision) : undefined
  const annotations = annotationsForNewSet(deployment, found.metadata.annotations, revision)
  const minReadySeconds = deployment.spec.minReadySeconds ?? 0
  if (
    !sameJson(annotations, found.metadata.annotations ?? {}) ||
    (found.spec.minReadySeconds ?? 0) !== minReadySeconds
  ) {
    const next = { ...found, metadata: { ...found.metadata, annotations }, spec: { ...found.spec, minReadySeconds } }
    return client.update(replicaSets, next)
  }
  const message = `Found new replica set "${found.metadata.name}"`
  const isNews = progressingOf(deployment.status.conditions) === undefined
  await noteRevision(
    parts,
    annotations[revisionAnnotation] ?? '',
    isNews ? { reason: 'FoundNewReplicaSet', message } : undefined,
  )
  return found
}

async function createNewSet(parts: NewSetParts, revision: bigint): Promise<ReplicaSet | undefined> {
  const { deployment, oldSets, client, record } = parts
  const wanted = newReplicaSet(deployment, oldSets, revision)
  let created: ReplicaSet
  let isNews = true
  try {
    created = await client.create(replicaSets, wanted)
  } catch (error) {
    const known = isAlreadyExists(error) ? await sameSet(client, deployment, wanted) : undefined
    if (known === undefined) {
      await reportFailure(parts, wanted.metadata.name, error)
      throw error
    }
    created = known
    isNews = false
  }
  const { name } = created.metadata
  if (isNews && (created.spec.replicas ?? 0) > 0)
    record(
      deployment,
      'Normal',
      'ScalingReplicaSet',
      `Scaled up replica set ${name} from 0 to ${created.spec.replicas}`,
    )
  const said = { reason: 'NewReplicaSetCreated', message: `Created new replica set "${name}"` }
  await noteRevision(parts, String(revision), isNews ? said : undefined)
  return created
}

function newReplicaSet(
  deployment: Deployment,
  oldSets: readonly ReplicaSet[],
  revision: bigint,
): Unsaved<ReplicaSet> & { readonly metadata: { readonly name: string } } {
  const { template, selector, minReadySeconds } = deployment.spec
  const hash = templateHash(template, deployment.status.collisionCount)
  const labels = { ...template.metadata?.labels, [podTemplateHashLabel]: hash }
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${deployment.metadata.name}-${hash}`,
      namespace: deployment.metadata.namespace ?? '',
      ownerReferences: [ownerReference(deployments, deployment)],
      labels,
      annotations: { ...annotationsForNewSet(deployment, undefined, revision), ...sizeAnnotations(deployment) },
    },
    spec: {
      replicas: newSetSize(deployment, oldSets, 0),
      ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [podTemplateHashLabel]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  }
}

/** The set of that name, when it is ours and has our template: it was made before, and the cache does not know yet. */
async function sameSet(
  client: Client,
  deployment: Deployment,
  wanted: { readonly metadata: { readonly name: string } },
): Promise<ReplicaSet | undefined> {
  const there = await client.get(replicaSets, { ...nameOf(deployment), name: wanted.metadata.name })
  const isOurs = controllerOf(there)?.uid === deployment.metadata.uid
  return isOurs && sameTemplate(there.spec.template, deployment.spec.template) ? there : undefined
}

async function reportFailure(
  { deployment, record, nowMs, update }: NewSetParts,
  name: string,
  error: unknown,
): Promise<void> {
  const { status } = deployment
  if (isAlreadyExists(error)) {
    // Kubernetes: the name is another template's; the count makes the next attempt's hash another one.
    await update({ status: { ...status, collisionCount: (status.collisionCount ?? 0) + 1 } })
    return
  }
  if (
    error instanceof StatusError &&
    error.status.details?.causes?.some(({ reason }) => reason === 'NamespaceTerminating')
  )
    return
  const message = `Failed to create new replica set "${name}": ${error instanceof Error ? error.message : String(error)}`
  const said = { type: 'Progressing', status: 'False', reason: 'ReplicaSetCreateError', message }
  record(deployment, 'Warning', said.reason, message)
  if (hasDeadline(deployment))
    await update({ status: { ...status, conditions: sayCondition(status.conditions, said, nowMs) } })
}

/** Writes the revision on the Deployment, and the news of its set, where they are not there yet. */
async function noteRevision(
  { deployment, nowMs, update }: NewSetParts,
  revision: string,
  said: { readonly reason: string; readonly message: string } | undefined,
): Promise<void> {
  const { status, metadata } = deployment
  const conditions =
    said === undefined || !hasDeadline(deployment)
      ? status.conditions
      : sayCondition(status.conditions, { type: 'Progressing', status: 'True', ...said }, nowMs)
  await update({
    annotations: { ...metadata.annotations, [revisionAnnotation]: revision },
    status: conditions === undefined ? status : { ...status, conditions },
  })
}
