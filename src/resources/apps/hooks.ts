import { dns1123LabelErrors, type KubeObject, sameJson } from '../../machinery/index.ts'
import { podTemplateWarnings } from '../core/pod/warnings.ts'
import { templateGenerationAnnotation } from '../defaults/groups.ts'
import type { HooksFor } from '../define.ts'
import type { Draft } from '../definition.ts'
import type { ControllerRevision, DaemonSet, Deployment, ReplicaSet, StatefulSet } from '../generated/types.ts'
import { emptyStatusOf, keepMember, keptWithStatus, moveGeneration } from '../strategy.ts'
import { controllerRevisionCells, daemonSetCells, deploymentCells, replicaSetCells, statefulSetCells } from './cells.ts'
import {
  controllerRevisionErrors,
  controllerRevisionUpdateErrors,
  daemonSetErrors,
  daemonSetStatusErrors,
  daemonSetUpdateErrors,
  deploymentErrors,
  deploymentStatusErrors,
  deploymentUpdateErrors,
  replicaSetErrors,
  replicaSetStatusErrors,
  replicaSetUpdateErrors,
  statefulSetErrors,
  statefulSetStatusErrors,
  statefulSetUpdateErrors,
} from './validate.ts'

export const controllerRevisionHooks: HooksFor<ControllerRevision> = {
  cells: controllerRevisionCells,
  checks: { create: controllerRevisionErrors, update: controllerRevisionUpdateErrors },
}
const templateGenerationOf = (set: KubeObject): number =>
  Number.parseInt(set.metadata.annotations?.[templateGenerationAnnotation] ?? '', 10) || 0
function setTemplateGeneration(draft: Draft, generation: number): void {
  draft.metadata.annotations = { ...draft.metadata.annotations, [templateGenerationAnnotation]: String(generation) }
}

export const daemonSetHooks: HooksFor<DaemonSet> = {
  cells: daemonSetCells,
  prepareForCreate(draft) {
    draft.status = emptyStatusOf('io.k8s.api.apps.v1.DaemonSet')
    draft.metadata.generation = 1
    setTemplateGeneration(draft, Math.max(1, templateGenerationOf(draft)))
  },
  prepareForUpdate(draft, previous) {
    keepMember(draft, previous, 'status')
    moveGeneration(draft, previous)
    const changed = !sameJson(draft.spec?.template, previous.spec?.template)
    setTemplateGeneration(draft, templateGenerationOf(previous) + (changed ? 1 : 0))
  },
  prepareForStatusUpdate(draft, previous) {
    keepMember(draft, previous, 'spec')
    for (const key of ['generation', 'deletionTimestamp']) keepMember(draft.metadata, previous.metadata, key)
    setTemplateGeneration(draft, templateGenerationOf(previous))
  },
  checks: { create: daemonSetErrors, update: daemonSetUpdateErrors, status: daemonSetStatusErrors },
  warnings: (set, previous) => podTemplateWarnings(set.spec?.template, previous?.spec?.template, 'spec.template'),
}
export const deploymentHooks: HooksFor<Deployment> = {
  cells: deploymentCells,
  checks: { create: deploymentErrors, update: deploymentUpdateErrors, status: deploymentStatusErrors },
  prepareForUpdate(draft, previous) {
    keepMember(draft, previous, 'status')
    moveGeneration(draft, previous)
    // Kubernetes: a Deployment's annotations are copied to its ReplicaSets, so they count as desired state.
    if (!sameJson(draft.metadata.annotations ?? {}, previous.metadata.annotations ?? {}))
      draft.metadata.generation = (previous.metadata.generation ?? 0) + 1
  },
  prepareForStatusUpdate(draft, previous) {
    keepMember(draft, previous, 'spec')
    for (const key of ['generation', 'deletionTimestamp', ...keptWithStatus('Deployment')])
      keepMember(draft.metadata, previous.metadata, key)
  },
  warnings: (one, previous) => podTemplateWarnings(one.spec?.template, previous?.spec?.template, 'spec.template'),
}
export const replicaSetHooks: HooksFor<ReplicaSet> = {
  cells: replicaSetCells,
  checks: { create: replicaSetErrors, update: replicaSetUpdateErrors, status: replicaSetStatusErrors },
  warnings: (set, previous) => podTemplateWarnings(set.spec?.template, previous?.spec?.template, 'spec.template'),
}
export const statefulSetHooks: HooksFor<StatefulSet> = {
  cells: statefulSetCells,
  checks: {
    name: dns1123LabelErrors,
    create: (set) => statefulSetErrors(set),
    update: statefulSetUpdateErrors,
    status: statefulSetStatusErrors,
  },
  warnings: (set, previous) => {
    const warnings = podTemplateWarnings(set.spec?.template, previous?.spec?.template, 'spec.template')
    if ((set.spec?.revisionHistoryLimit ?? 0) >= 0) return warnings
    const why = 'a negative value retains all historical revisions; a value >= 0 is recommended'
    return [...warnings, `spec.revisionHistoryLimit: ${why}`]
  },
}
