import { badRequest, type StatusError } from '../../machinery/index.ts'
import { type ResourceDefinition, resourceForKind } from '../../resources/index.ts'

/** Kubernetes: who is known is said not to become the kind asked for, and who is not, not to be known. */
export function ofAnotherKind(
  { kind, group }: ResourceDefinition<any>,
  stated: { readonly group: string; readonly version: string; readonly kind: string },
): StatusError {
  const before = `${stated.kind} in version ${JSON.stringify(stated.version)} cannot be handled as a ${kind}: `
  if (resourceForKind(stated) === undefined) {
    const apiVersion = stated.group === '' ? stated.version : `${stated.group}/${stated.version}`
    return badRequest(`${before}${notRegistered({ kind: stated.kind, apiVersion }).message}`)
  }
  const into = `${packageOf(group)}.${kind}`
  return badRequest(`${before}converting (${stated.version}.${stated.kind}) to (${into}): unknown conversion`)
}

/** Kubernetes: a kind that is none of a version's. */
export function notRegistered({ kind = '', apiVersion = '' }: { kind?: string; apiVersion?: string }): StatusError {
  const about = `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}`
  return badRequest(`${about} in scheme "pkg/runtime/scheme.go:111"`)
}

/** Kubernetes: the package that a group's types are in, by which refusals name them. */
export function packageOf(group: string): string {
  return group === '' || group === 'events.k8s.io' ? 'core' : group.split('.')[0]!
}

/** Kubernetes: what a body is is looked for first, in words of Go. */
export function notAnObject(kind: string, value: unknown): StatusError {
  const what = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value
  const type = 'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'
  const why = `json: cannot unmarshal ${what} into Go value of type ${type}`
  return unrecognized(kind, why, new TextEncoder().encode(JSON.stringify(value)))
}

const shownBytesMax = 30

/** Kubernetes: a body of which not even kind and version can be told, and how it begins. */
export function unrecognized(kind: string, why: string, body: Uint8Array): StatusError {
  const start = Buffer.from(body.subarray(0, shownBytesMax))
  const shown = body[0] === openingBrace ? start.toString() : start.toString('hex')
  const summary = body.length === 0 ? '<empty>' : `${shown}${body.length > shownBytesMax ? ' ...' : ''}`
  const about = `couldn't get version/kind; json parse error: ${why} (${summary})`
  return badRequest(`the object provided is unrecognized (must be of type ${kind}): ${about}`)
}
const openingBrace = 0x7b
