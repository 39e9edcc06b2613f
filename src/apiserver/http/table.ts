import type { KubeObject } from '../../machinery/index.ts'
import type { ResourceDefinition } from '../../resources/index.ts'
import type { MetaVersion } from './negotiate.ts'

type Include = 'Metadata' | 'None' | 'Object'

/** The includeObject parameter; Metadata unless the caller says otherwise. */
export function includeOf(text: string | undefined): Include {
  return text === 'None' || text === 'Object' ? text : 'Metadata'
}

/** How a table is made up. */
export interface TableForm {
  readonly include: Include
  readonly nowMs: number
  /** The version of meta.k8s.io that was asked for. */
  readonly version?: MetaVersion
  /** Whether the columns are described; in a stream only the first table says. */
  readonly headers?: boolean
}

/** Table of some objects: kubectl prints nothing else. */
export function tableOf(
  definition: ResourceDefinition<any>,
  objects: readonly KubeObject[],
  metadata: object,
  { include, nowMs, version, headers = true }: TableForm,
): object {
  return {
    kind: 'Table',
    apiVersion: metaVersion(version),
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
      object: include === 'None' ? null : include === 'Object' ? object : partialOf(object, version),
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

/** PartialObjectMetadata: the metadata and nothing else. */
export function partialOf(object: KubeObject, version?: MetaVersion): object {
  return { kind: 'PartialObjectMetadata', apiVersion: metaVersion(version), metadata: object.metadata }
}

/** The group version of tables and partial objects. */
export const metaVersion = (version: MetaVersion = 'v1') => `meta.k8s.io/${version}`
