/** metav1.StatusReason: what went wrong, in one word that programs may branch on. */
export type StatusReason =
  | 'BadRequest'
  | 'Unauthorized'
  | 'Forbidden'
  | 'NotFound'
  | 'AlreadyExists'
  | 'Conflict'
  | 'Gone'
  | 'Expired'
  | 'Invalid'
  | 'ServerTimeout'
  | 'Timeout'
  | 'TooManyRequests'
  | 'MethodNotAllowed'
  | 'NotAcceptable'
  | 'RequestEntityTooLarge'
  | 'UnsupportedMediaType'
  | 'InternalError'
  | 'ServiceUnavailable'
  | 'StoreReadError'
  | 'Unknown'

export interface StatusCause {
  readonly reason?: string
  readonly message?: string
  readonly field?: string
}
export interface StatusDetails {
  readonly name?: string
  readonly group?: string
  readonly kind?: string
  readonly uid?: string
  readonly causes?: readonly StatusCause[]
  readonly retryAfterSeconds?: number
}
/** metav1.Status, the body of every failed call. */
export interface Status {
  readonly kind: 'Status'
  readonly apiVersion: 'v1'
  readonly metadata: { readonly continue?: string; readonly remainingItemCount?: number }
  readonly status: 'Success' | 'Failure'
  readonly message?: string
  readonly reason?: StatusReason
  readonly details?: StatusDetails
  readonly code?: number
}

/** The only error that crosses the API. Branch on `reason`, never on the text. */
export class StatusError extends Error {
  readonly status: Status
  override name = 'StatusError'
  constructor(
    code: number,
    reason: StatusReason | undefined,
    message: string,
    details?: StatusDetails,
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause })
    this.status = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      ...(reason === undefined ? {} : { reason }),
      ...(details === undefined ? {} : { details }),
      code,
    }
  }
  /** The error that a Status received over the wire stands for. */
  static from(status: Status): StatusError {
    const error = new StatusError(
      status.code ?? 500,
      status.reason ?? 'Unknown',
      status.message ?? 'unknown',
      status.details,
    )
    Object.assign(error, { status })
    return error
  }
  get reason(): StatusReason {
    return this.status.reason ?? 'Unknown'
  }
  get code(): number {
    return this.status.code ?? 500
  }
}

/** A resource without its version, as Kubernetes' messages name it: `deployments.apps`, `pods`. */
export interface GroupResource {
  readonly group: string
  readonly resource: string
}
export function groupResourceText({ group, resource }: GroupResource): string {
  return group === '' ? resource : `${resource}.${group}`
}
const about = ({ group, resource }: GroupResource, name: string): StatusDetails => ({
  ...(name === '' ? {} : { name }),
  ...(group === '' ? {} : { group }),
  kind: resource,
})

// Texts below are protocol facts: clients and tests match them (apimachinery's api/errors).
export function notFound(of: GroupResource, name: string): StatusError {
  return new StatusError(404, 'NotFound', `${groupResourceText(of)} "${name}" not found`, about(of, name))
}
export function alreadyExists(of: GroupResource, name: string): StatusError {
  return new StatusError(409, 'AlreadyExists', `${groupResourceText(of)} "${name}" already exists`, about(of, name))
}
export function conflict(of: GroupResource, name: string, why: string): StatusError {
  return new StatusError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${groupResourceText(of)} "${name}": ${why}`,
    about(of, name),
  )
}
/** The text every lost compare-and-write answers with. */
export const objectModified =
  'the object has been modified; please apply your changes to the latest version and try again'
export function forbidden(of: GroupResource, name: string, why: string): StatusError {
  const what =
    of.resource === ''
      ? `forbidden: ${why}`
      : name === ''
        ? `${groupResourceText(of)} is forbidden: ${why}`
        : `${groupResourceText(of)} "${name}" is forbidden: ${why}`
  return new StatusError(403, 'Forbidden', what, about(of, name))
}
export function badRequest(why: string, cause?: unknown): StatusError {
  return new StatusError(400, 'BadRequest', why, undefined, cause)
}
export function unauthorized(): StatusError {
  return new StatusError(401, 'Unauthorized', 'Unauthorized')
}
export function gone(why: string): StatusError {
  return new StatusError(410, 'Expired', why)
}
export function methodNotAllowed(of: GroupResource, verb: string): StatusError {
  return new StatusError(
    405,
    'MethodNotAllowed',
    `${verb} is not supported on resources of kind "${groupResourceText(of)}"`,
    about(of, ''),
  )
}
/** Kubernetes: what a path is asked that it has no handler for. */
export function methodNotServed(): StatusError {
  const why = 'the server does not allow this method on the requested resource'
  return new StatusError(405, 'MethodNotAllowed', why, {})
}
export function internalError(cause: unknown): StatusError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new StatusError(500, 'InternalError', `Internal error occurred: ${why}`, { causes: [{ message: why }] }, cause)
}
export function unavailable(why: string, retryAfterSeconds?: number): StatusError {
  return new StatusError(
    503,
    'ServiceUnavailable',
    why,
    retryAfterSeconds === undefined ? undefined : { retryAfterSeconds },
  )
}
export function tooManyRequests(why: string, retryAfterSeconds: number, details: StatusDetails = {}): StatusError {
  return new StatusError(429, 'TooManyRequests', why, {
    ...details,
    ...(retryAfterSeconds === 0 ? {} : { retryAfterSeconds }),
  })
}
export function isNotFound(error: unknown): boolean {
  return error instanceof StatusError && error.reason === 'NotFound'
}
export function isAlreadyExists(error: unknown): boolean {
  return error instanceof StatusError && error.reason === 'AlreadyExists'
}
export function isConflict(error: unknown): boolean {
  return error instanceof StatusError && error.reason === 'Conflict'
}
/** Whether a list or watch must start again from a fresh list (410). */
export function isExpired(error: unknown): boolean {
  return error instanceof StatusError && error.code === 410
}

/** field.ErrorType, under the reasons that StatusCause carries. */
export type FieldErrorType =
  | 'FieldValueRequired'
  | 'FieldValueInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueForbidden'
  | 'FieldValueDuplicate'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'FieldValueNotFound'
  | 'FieldValueTypeInvalid'
  | 'InternalError'

/** One thing wrong with one field. `message` is complete, without the path: `Invalid value: -1: must be greater than or equal to 0`. */
export interface FieldError {
  readonly type: FieldErrorType
  readonly field: string
  readonly message: string
}

/** How Kubernetes prints a bad value: strings quoted as Go does, null for nil, objects as compact JSON fit for HTML. */
export function valueText(value: unknown): string {
  if (value === undefined || value === null) return 'null'
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  const text = JSON.stringify(value)
  if (typeof value === 'string') return unprintable.test(value) ? goQuoted(text) : text
  return text.replace(/[<>&\u2028\u2029]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
const unprintable = /[\p{Cc}\u2028\u2029]/u
const namedByGo: Readonly<Record<string, string>> = { '\\u0007': '\\a', '\\u000b': '\\v' }

/** What JSON and Go escape differently within quotation marks. */
function goQuoted(text: string): string {
  return text
    .replace(/\\[^u]|\\u[0-9a-f]{4}/g, (one) => namedByGo[one] ?? one.replace(/^\\u00/, '\\x'))
    .replace(/[\u007f-\u009f\u2028\u2029]/g, (one) => {
      const code = one.charCodeAt(0)
      return code < 0x80 ? `\\x${code.toString(16)}` : `\\u${code.toString(16).padStart(4, '0')}`
    })
}
export const required = (field: string, detail = ''): FieldError => ({
  type: 'FieldValueRequired',
  field,
  message: detail === '' ? 'Required value' : `Required value: ${detail}`,
})
export const invalid = (field: string, value: unknown, detail: string): FieldError => ({
  type: 'FieldValueInvalid',
  field,
  message: `Invalid value: ${valueText(value)}: ${detail}`,
})
/** A value is wrong, and that says it all. */
export const invalidValue = (field: string, value: unknown): FieldError => ({
  type: 'FieldValueInvalid',
  field,
  message: `Invalid value: ${valueText(value)}`,
})
/** Something is wrong with a part as a whole, whose value says nothing. */
export const invalidWhole = (field: string, detail: string): FieldError => ({
  type: 'FieldValueInvalid',
  field,
  message: `Invalid value: ${detail}`,
})
export const forbiddenField = (field: string, detail: string): FieldError => ({
  type: 'FieldValueForbidden',
  field,
  message: `Forbidden: ${detail}`,
})
export const duplicate = (field: string, value: unknown): FieldError => ({
  type: 'FieldValueDuplicate',
  field,
  message: `Duplicate value: ${valueText(value)}`,
})
export const notSupported = (field: string, value: unknown, allowed: readonly string[]): FieldError => ({
  type: 'FieldValueNotSupported',
  field,
  message: `Unsupported value: ${valueText(value)}${
    allowed.length === 0 ? '' : `: supported values: ${allowed.map((one) => JSON.stringify(one)).join(', ')}`
  }`,
})
/** A value as Go prints it within a sentence. */
export function goText(value: unknown): string {
  if (value === null || value === undefined) return '<nil>'
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`
  if (typeof value !== 'object') return String(value)
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `map[${members.map(([name, member]) => `${name}:${goText(member)}`).join(' ')}]`
}
export const tooLong = (field: string, lengthMax: number): FieldError => ({
  type: 'FieldValueTooLong',
  field,
  message: `Too long: may not be more than ${lengthMax} bytes`,
})
export const tooMany = (field: string, actual: number, countMax: number): FieldError => ({
  type: 'FieldValueTooMany',
  field,
  message: `Too many: ${actual}: must have at most ${countMax} ${countMax === 1 ? 'item' : 'items'}`,
})
export const notFoundField = (field: string, value: unknown): FieldError => ({
  type: 'FieldValueNotFound',
  field,
  message: `Not found: ${valueText(value)}`,
})

/** 422 with one cause per field error, worded as apimachinery's NewInvalid. */
export function invalidObject(
  of: { readonly group: string; readonly kind: string },
  name: string,
  errors: readonly FieldError[],
): StatusError {
  const texts = [...new Set(errors.map((error) => `${error.field}: ${error.message}`))]
  const kindText = of.group === '' ? of.kind : `${of.kind}.${of.group}`
  const list = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`
  return new StatusError(422, 'Invalid', `${kindText} "${name}" is invalid: ${list}`, {
    ...(name === '' ? {} : { name }),
    ...(of.group === '' ? {} : { group: of.group }),
    ...(of.kind === '' ? {} : { kind: of.kind }),
    causes: errors.map(({ type, field, message }) => ({ reason: type, message, field })),
  })
}
