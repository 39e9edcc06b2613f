import type { KubeObject } from '../../machinery/index.ts'
import type { ResourceDefinition } from '../../resources/index.ts'

type Include = 'Metadata' | 'None' | 'Object'

/** The includeObject parameter; Metadata unless the caller says otherwise. */
export function includeOf(text: string | undefined): Include {
  return text === 'None' || text === 'Object' ? text : 'Metadata'
}

/** meta.k8s.io/v1 Table of some objects: kubectl prints nothing else. */
export function tableOf(
  definition: ResourceDefinition<any>,
  objects: readonly KubeObject[],
  metadata: object,
  include: Include,
  nowMs: number,
  headers = true,
): object {
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: headers
      ? definition.columns.map(({ name, type, format, description, priority }) => ({
          name,
          type,
          format,
          description: description ?? '',
          priority,
        }))
      : null,
    rows: objects.map((object) => ({
      cells: definition.cells(object, nowMs),
      ...rowConditions(definition, object),
      ...(include === 'None' ? {} : { object: include === 'Object' ? object : partialOf(object) }),
    })),
  }
}

/** Kubernetes: finished pods carry a row condition, so that clients can hide them. */
function rowConditions(definition: ResourceDefinition<any>, object: KubeObject): object {
  const phase = (object as { status?: { phase?: string } }).status?.phase
  if (definition.kind !== 'Pod' || (phase !== 'Succeeded' && phase !== 'Failed')) return {}
  const message = phase === 'Succeeded' ? 'The pod has completed successfully.' : 'The pod failed.'
  return { conditions: [{ type: 'Completed', status: 'True', reason: phase, message }] }
}

/** meta.k8s.io/v1 PartialObjectMetadata: the metadata and nothing else. */
export function partialOf(object: KubeObject): object {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata }
}
