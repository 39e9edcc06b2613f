import {
  type FieldError,
  invalid,
  invalidObject,
  methodNotServed,
  notSupported,
  tooLong,
} from '../../machinery/index.ts'
import { isTrue } from '../query-texts.ts'
import type { RequestContext } from '../request.ts'
import type { Route } from './route.ts'

/** The verb that authorisation and audit know a request by. 405 for a method that stands for none. */
export function verbOf(method: string, route: Route, search: URLSearchParams): string {
  const named =
    route.type === 'resource' &&
    (route.name !== undefined || (route.resource === 'namespaces' && route.namespace !== undefined))
  switch (method) {
    case 'GET':
    case 'HEAD': {
      // Kubernetes: one object is watched below /watch only; elsewhere it is read, whatever the query says.
      const watches = (!named && isTrue(search.get('watch') ?? undefined)) || (route.type === 'resource' && route.watch)
      if (watches && (route.type !== 'resource' || route.subresource === '')) return 'watch'
      return named ? 'get' : 'list'
    }
    case 'POST':
      return 'create'
    case 'PUT':
      return 'update'
    case 'PATCH':
      return 'patch'
    case 'DELETE':
      return named ? 'delete' : 'deletecollection'
    default:
      throw methodNotServed()
  }
}

/** The options of a verb, as refusals name them. */
function optionsKindOf(verb: string): string {
  const [first = '', ...rest] = verb === 'deletecollection' ? 'delete' : verb
  return `${first.toUpperCase()}${rest.join('')}Options`
}

const fieldManagerBytesMax = 128

/** Kubernetes: without fieldManager it is the User-Agent up to its first slash. */
export function managerOf(
  query: Readonly<Record<string, string>>,
  userAgent: string | undefined,
  verb: string,
): string {
  const { fieldManager } = query
  if (fieldManager !== undefined && fieldManager !== '') {
    if (fieldManager.length <= fieldManagerBytesMax && /^[ -~]*$/.test(fieldManager)) return fieldManager
    const errors: FieldError[] = []
    if (new TextEncoder().encode(fieldManager).length > fieldManagerBytesMax)
      errors.push(tooLong('fieldManager', fieldManagerBytesMax))
    for (const { 0: strange, index } of fieldManager.matchAll(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu)) {
      const code = strange.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')
      const position = new TextEncoder().encode(fieldManager.slice(0, index)).length
      errors.push(invalid('fieldManager', fieldManager, `invalid character U+${code} (at position ${position})`))
    }
    if (errors.length > 0) throw invalidObject({ group: 'meta.k8s.io', kind: optionsKindOf(verb) }, '', errors)
    return fieldManager
  }
  const prefix = (userAgent ?? '').split('/')[0] ?? ''
  return prefix === '' ? 'unknown' : prefix.slice(0, 128)
}

/** Kubernetes: `All` is the only value there is; 422 for another. */
export function dryRunOf(query: Readonly<Record<string, string>>, verb: string): boolean {
  const { dryRun } = query
  if (dryRun === undefined || dryRun === '' || verb === 'get' || verb === 'list' || verb === 'watch') return false
  if (dryRun === 'All') return true
  throw unsupported(verb, 'dryRun', [dryRun], ['All'])
}

/** Kubernetes: Warn unless told otherwise; 422 for a value there is not. */
export function fieldValidationOf(
  query: Readonly<Record<string, string>>,
  verb: string,
): RequestContext['fieldValidation'] {
  const { fieldValidation } = query
  if (fieldValidation === undefined || fieldValidation === '' || !['create', 'update', 'patch'].includes(verb))
    return 'Warn'
  if (fieldValidation === 'Ignore' || fieldValidation === 'Warn' || fieldValidation === 'Strict') return fieldValidation
  throw unsupported(verb, 'fieldValidation', fieldValidation, ['', 'Ignore', 'Strict', 'Warn'])
}

function unsupported(verb: string, field: string, value: unknown, supported: readonly string[]) {
  const about = { group: 'meta.k8s.io', kind: optionsKindOf(verb) }
  return invalidObject(about, '', [notSupported(field, value, supported)])
}
