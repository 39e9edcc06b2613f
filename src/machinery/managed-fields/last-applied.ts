import { compareFields } from './compare.ts'
import { difference, type FieldSet, union } from './field-set.ts'
import { fieldsOf } from './merge.ts'
import type { Shape } from './shape.ts'
import { typeProblems } from './type-problems.ts'

/** Kubernetes: what kubectl applied on its own side is taken over by the kubectl that has the server apply, and by no one else. */
export const successorOfClientSideApply = 'kubectl'

const annotation = 'kubectl.kubernetes.io/last-applied-configuration'
/** Kubernetes: all annotations of an object together may be this large. */
const annotationsBytesMax = 256 * 1024
const encoder = new TextEncoder()

type Json = Record<string, unknown>
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
const annotationsOf = (object: unknown) =>
  (object as { readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> } }).metadata?.annotations

/**
 * The fields that `kubectl apply` set and that are still as it set them: its successor may change them, whoever owns them.
 * Undefined where that cannot be told from the annotation.
 */
export function lastAppliedFields(shape: Shape, live: object, apiVersion: string): FieldSet | undefined {
  const applied = parsed(annotationsOf(live)?.[annotation])
  if (applied?.['apiVersion'] !== apiVersion || typeProblems(shape, applied).length > 0) return undefined
  const stated = fieldsOf(shape, applied)
  const changes = compareFields(shape, applied, live)
  if (changes === undefined) return stated
  return difference(stated, union(changes.modified, union(changes.added, changes.removed)))
}

function parsed(text: string | undefined): Json | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '')
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** The object with the annotation telling of the configuration that was applied, where it has that annotation. */
export function withLastApplied(object: Json, applied: object): Json {
  const annotations = annotationsOf(object)
  if ((annotations?.[annotation] ?? '') === '') return object
  const { [annotation]: _, ...others } = annotations!
  const text = `${JSON.stringify(sorted(withoutAnnotation(applied)))}\n`
  const bytes = Object.entries({ ...others, [annotation]: text }).reduce((sum, [key, value]) => {
    return sum + encoder.encode(key + value).length
  }, 0)
  const kept = bytes > annotationsBytesMax ? others : { ...others, [annotation]: text }
  return { ...object, metadata: { ...(object['metadata'] as Json), annotations: kept } }
}

function withoutAnnotation(applied: object): object {
  const annotations = annotationsOf(applied)
  if (annotations?.[annotation] === undefined) return applied
  const { [annotation]: _, ...others } = annotations
  return { ...applied, metadata: { ...(applied as { metadata?: object }).metadata, annotations: others } }
}

/** Members in order, as Go writes maps. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isObject(value)) return value
  const members = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1))
  return Object.fromEntries(members.map(([name, member]) => [name, sorted(member)]))
}
