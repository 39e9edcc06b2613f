import { DecodeError, type PatchType, StatusError } from '../../machinery/index.ts'
import type { ResourceDefinition } from '../../resources/index.ts'

/**
 * What to throw when a patched object could not be read. Kubernetes: such a patch is invalid, not a bad request, and the answer
 * shows the strategic patch, or the object that a JSON or merge patch made; a strategic patch has its own words for types.
 */
export function patchRefusal(
  error: unknown,
  { kind, version }: Pick<ResourceDefinition<any>, 'kind' | 'version'>,
  type: PatchType,
  shown: unknown,
): unknown {
  const before = `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}: `
  if (!(error instanceof StatusError) || error.code !== 400 || !error.message.startsWith(before)) return error
  const told = error.message.slice(before.length)
  const why = type === 'strategic' && error.cause instanceof DecodeError ? asConversion(told) : told
  const text = type === 'strategic' ? goText(shown) : JSON.stringify(shown)
  const message = `Invalid value: ${JSON.stringify(text)}: ${why}`
  const causes = [{ reason: 'FieldValueInvalid', message, field: 'patch' }]
  return new StatusError(422, 'Invalid', ` "" is invalid: patch: ${message}`, { causes })
}

/** Go's kinds of JSON values, by their names in JSON. */
const kinds: Readonly<Record<string, string>> = { object: 'map', array: 'slice', number: 'int64' }

/** What reading JSON says of a value of the wrong type, as converting a map says it. */
function asConversion(told: string): string {
  const [, json = '', target = ''] = /^json: cannot unmarshal (\w+).* of type (\S+)$/.exec(told) ?? []
  if (json === '') return told
  const kind = kinds[json] ?? json
  if (target.startsWith('map[')) return `cannot restore map from ${kind}`
  if (target.startsWith('[]')) return `cannot restore slice from ${kind}`
  if (target.includes('.')) return `cannot restore struct from: ${kind}`
  return kind === 'int64' ? `cannot convert int64 to ${target}` : `unrecognized type: ${target}`
}

/** A value as Go's %+v prints it. */
function goText(value: unknown): string {
  if (value === null || value === undefined) return '<nil>'
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`
  if (typeof value !== 'object') return String(value)
  const members = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1))
  return `map[${members.map(([name, member]) => `${name}:${goText(member)}`).join(' ')}]`
}
