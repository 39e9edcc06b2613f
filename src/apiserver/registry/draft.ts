import {
  badRequest,
  type Decoded,
  DecodeError,
  inTextOrder,
  type KubeObject,
  StatusError,
  timestampOf,
} from '../../machinery/index.ts'
import type { Draft, ResourceDefinition } from '../../resources/index.ts'
import type { Entry } from '../../store/index.ts'
import type { RequestContext } from '../request.ts'
import { convertAhead, convertFromStorage, convertToStorage } from './conversion.ts'
import { apiVersionOf, objectOf } from './encoding.ts'
import { notAnObject, ofAnotherKind } from './refused-bodies.ts'

/** A body that was read from text, with what strict reading has to say about it (duplicate names). */
export interface ReadBody {
  readonly value: unknown
  readonly findings: readonly string[]
  readonly paths?: readonly string[]
  /** How fields that no Go struct has are told of, where not as JSON does. */
  /** The same for all bodies that differ from this one in their names alone. */
  readonly like?: object
  readonly worded?: (unknown: readonly string[], value: unknown) => readonly string[]
}

/** Marks a body that came with findings of its own; anything else is taken as plain JSON. */
export function isReadBody(body: unknown): body is ReadBody {
  if (typeof body !== 'object' || body === null || !('findings' in body && 'value' in body)) return false
  return Object.keys(body).length === ('paths' in body || 'worded' in body || 'like' in body ? 3 : 2)
}

/**
 * The object a body stands for: decoded as Go would, unknown fields reported as fieldValidation asks, defaults filled in.
 * 400 when it is of another kind or cannot be read as one. What it shares with `known`, a stored object, stays shared, frozen.
 */
export function draftOf(
  definition: ResourceDefinition<any>,
  body: unknown,
  context: RequestContext,
  known?: KubeObject,
): Draft {
  const read: ReadBody = isReadBody(body) ? body : { value: body, findings: [] }
  const decoded = decodedOf(definition, read.value, known)
  // Kubernetes: Go's structs find both kinds on one way through the text, custom resources one after the other.
  const isOneWay = read.paths !== undefined && definition.custom === undefined
  const unknown =
    definition.custom === undefined
      ? (read.worded?.(decoded.findings, read.value) ?? decoded.findings)
      : decoded.findings
  const findings = isOneWay ? inTextOrder(read.paths, unknown) : [...read.findings, ...unknown]
  reportFindings(definition, findings, context)
  return completedDraft(definition, decoded.object)
}

/** A decoded object as a draft: of the kind and version asked for, defaults filled in. */
export function completedDraft(definition: ResourceDefinition<any>, draft: Draft): Draft {
  draft.kind = definition.kind
  draft.apiVersion = apiVersionOf(definition)
  draft.metadata ??= {}
  redefault(definition, draft)
  return draft
}

/** A value as an object of the kind, without defaults, and the fields no type knows. 400 when it is of another kind or type. */
export function decodedOf(definition: ResourceDefinition<any>, value: unknown, known?: KubeObject): Decoded {
  const { kind, version, group } = definition
  // Kubernetes: a null is an object in which nothing is set.
  if (value === null) return decodedOf(definition, {}, known)
  if (typeof value !== 'object' || Array.isArray(value)) throw notAnObject(kind, value)
  const stated = value as { kind?: unknown; apiVersion?: unknown }
  const apiVersion = apiVersionOf(definition)
  if (
    (stated.kind !== undefined && stated.kind !== '' && stated.kind !== kind) ||
    (stated.apiVersion !== undefined && stated.apiVersion !== '' && stated.apiVersion !== apiVersion)
  ) {
    const [statedGroup, statedVersion = ''] = String(stated.apiVersion ?? apiVersion).includes('/')
      ? String(stated.apiVersion ?? apiVersion).split('/')
      : ['', String(stated.apiVersion ?? apiVersion)]
    if (definition.custom === undefined)
      throw ofAnotherKind(definition, {
        group: statedGroup ?? '',
        version: statedVersion,
        kind: String(stated.kind ?? kind),
      })
    throw badRequest(
      `${stated.kind ?? kind} in version ${JSON.stringify(statedVersion)} cannot be handled as a ${kind}: the object provided is unrecognized (must be of type ${kind}): expected ${group}/${version}, Kind=${kind}, got ${statedGroup}/${statedVersion}, Kind=${stated.kind ?? kind}`,
    )
  }
  try {
    return definition.schema.decode(value, known)
  } catch (error) {
    if (error instanceof DecodeError)
      throw badRequest(
        `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}: ${error.message}`,
        error,
      )
    throw error
  }
}

/** Kubernetes: Ignore says nothing, Warn one warning each, Strict one 400 with all. */
export function reportFindings(
  definition: ResourceDefinition<any>,
  findings: readonly string[],
  context: RequestContext,
): void {
  if (findings.length === 0 || context.fieldValidation === 'Ignore') return
  if (context.fieldValidation === 'Warn') {
    context.warnings.push(...findings)
    return
  }
  throw new StatusError(
    400,
    'BadRequest',
    `${definition.kind} in version ${JSON.stringify(definition.version)} cannot be handled as a ${definition.kind}: strict decoding error: ${findings.join(', ')}`,
  )
}

/** Fills in defaults again, after somebody changed the draft. */
export function redefault(definition: ResourceDefinition<any>, draft: Draft, nowMs?: number): void {
  definition.schema.applyDefaults(draft, nowMs === undefined ? undefined : timestampOf(nowMs))
}

/** The object in the version it is stored in. */
export function asStored(definition: ResourceDefinition<any>, object: Draft): KubeObject | Promise<KubeObject> {
  return convertToStorage(definition, object)
}

/** A stored object in the definition's version. */
export function asVersion(definition: ResourceDefinition<any>, object: KubeObject): KubeObject {
  return convertFromStorage(definition, object)
}

/** Has entries ready in the definition's version where somebody else converts; undefined when there is nothing to wait for. */
export function readyAhead(definition: ResourceDefinition<any>, entries: readonly Entry[]): Promise<void> | undefined {
  if (definition.custom?.declaration.convertsElsewhere !== true) return undefined
  return convertAhead(
    definition,
    entries.map((entry) => objectOf(definition, entry)),
  )
}

/** What selections look at: custom resources in the version asked for, built-in kinds as they are stored. */
export function selectableOf(definition: ResourceDefinition<any>, entry: Entry): KubeObject {
  const object = objectOf(definition, entry)
  return definition.custom === undefined ? object : asVersion(definition, object)
}
