import { badRequest } from '../status/status.ts'
import { isObject, type JsonObject, jsonKind, setMember } from './members.ts'

/** The document after an RFC 7386 merge patch: null deletes, objects merge, all else replaces. Unchanged parts are shared. */
export function applyMergePatch(document: unknown, patch: unknown): unknown {
  if (!isObject(patch)) {
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${jsonKind(patch)} into Go value of type map[string]interface {}`,
    )
  }
  return merge(document, patch)
}

function merge(target: unknown, patch: JsonObject): JsonObject {
  const merged: JsonObject = isObject(target) ? { ...target } : {}
  for (const key of Object.keys(patch)) {
    const value = patch[key]
    if (value === null) delete merged[key]
    else if (isObject(value)) setMember(merged, key, merge(Object.hasOwn(merged, key) ? merged[key] : undefined, value))
    else setMember(merged, key, Array.isArray(value) ? value.map(withoutNulls) : value)
  }
  return merged
}

/** Kubernetes: members that are null go also from objects in lists, which RFC 7386 would keep. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  return isObject(value) ? merge(undefined, value) : value
}
