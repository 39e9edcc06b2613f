import { type FieldError, invalid, notSupported, required, sameJson, tooLong } from '../../machinery/index.ts'
import { isExtendedResource } from '../core/resource-names.ts'
import type {
  DeviceClaim,
  DeviceClass,
  DeviceConstraint,
  DeviceRequest,
  DeviceSelector,
  ExactDeviceRequest,
  OpaqueDeviceConfiguration,
  ResourceClaim,
  ResourceClaimTemplate,
} from '../generated/types.ts'
import { csiDriverNameErrors } from '../validation/csi.ts'
import { immutableStruct } from '../validation/go-form.ts'
import {
  deviceTolerationErrors,
  driverDataErrors,
  fullAttributeNameErrors,
  type ItemCheck,
  labelErrors,
  listErrors,
  setErrors,
  subdomainErrors,
} from './parts.ts'

export const requestsMax = 32
const constraintsMax = 32
export const configsMax = 32
const selectorsMax = 32
const alternativesMax = 8
const expressionMax = 10 * 1024
const parametersMax = 10 * 1024
const modes = ['All', 'ExactCount']
const eitherOr = 'exactly one of `exactly` or `firstAvailable` is required'

/** The requests of a claim, each with the names of its alternatives. */
export type RequestNames = ReadonlyMap<string, ReadonlySet<string>>
export function requestNamesOf({ requests }: DeviceClaim): RequestNames {
  return new Map(
    (requests ?? []).map((one) => [
      one?.name ?? '',
      new Set((one?.firstAvailable ?? []).map((alternative) => alternative?.name ?? '')),
    ]),
  )
}
function isRequest(names: RequestNames, [name = '', alternative]: readonly string[]): boolean {
  const alternatives = names.get(name)
  return alternatives !== undefined && (alternative === undefined || alternatives.has(alternative))
}

/** What is wrong with the name of a request of the claim, or of one of its alternatives. */
export const requestReferenceErrors =
  (names: RequestNames): ItemCheck<string> =>
  (given, field) => {
    const name = typeof given === 'string' ? given : ''
    const why = "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'"
    const parts = name.split('/')
    if (parts.length > 2) return [invalid(field, name, why)]
    const errors = parts.flatMap((part) => labelErrors(part, field))
    return isRequest(names, parts) ? errors : [...errors, invalid(field, name, why)]
  }
export const requestListErrors = (requests: readonly string[] | undefined, names: RequestNames, field: string) =>
  setErrors(requests, requestsMax, requestReferenceErrors(names), (name) => name, field)

function modeErrors(mode: string, count: number, field: string): readonly FieldError[] {
  if (mode === 'All') {
    const why = "must not be specified when allocationMode is 'All'"
    return count === 0 ? [] : [invalid(`${field}.count`, count, why)]
  }
  if (mode === 'ExactCount') return count > 0 ? [] : [invalid(`${field}.count`, count, 'must be greater than zero')]
  return [notSupported(`${field}.allocationMode`, mode, modes)]
}

function selectorErrors({ cel }: DeviceSelector, field: string): readonly FieldError[] {
  if (cel === undefined) return [required(`${field}.cel`)]
  return (cel.expression ?? '').length > expressionMax ? [tooLong(`${field}.cel.expression`, expressionMax)] : []
}
export const selectorListErrors = (selectors: readonly DeviceSelector[] | undefined, field: string) =>
  listErrors(selectors, selectorsMax, selectorErrors, field)

/** What is wrong with what is asked for, in a request or in one of its alternatives. */
function wantedErrors(wanted: ExactDeviceRequest, field: string): readonly FieldError[] {
  const { deviceClassName = '', allocationMode = '', count = 0, tolerations } = wanted as Partial<ExactDeviceRequest>
  const at = `${field}.deviceClassName`
  return [
    ...(deviceClassName === '' ? [required(at)] : subdomainErrors(deviceClassName, at)),
    ...selectorListErrors(wanted.selectors, `${field}.selectors`),
    ...modeErrors(allocationMode, count, field),
    ...listErrors(tolerations, Number.POSITIVE_INFINITY, deviceTolerationErrors, `${field}.tolerations`),
  ]
}

function requestErrors(
  { name = '', exactly, firstAvailable = [] }: DeviceRequest,
  field: string,
): readonly FieldError[] {
  const errors = labelErrors(name, `${field}.name`)
  if (exactly === undefined && firstAvailable.length === 0) return [...errors, required(field, eitherOr)]
  if (exactly !== undefined && firstAvailable.length > 0)
    return [...errors, invalid(field, null, `${eitherOr}, but multiple fields are set`)]
  if (exactly !== undefined) return [...errors, ...wantedErrors(exactly, `${field}.exactly`)]
  const alternatives = setErrors(
    firstAvailable,
    alternativesMax,
    (one, at) => [...labelErrors(one.name ?? '', `${at}.name`), ...wantedErrors(one, at)],
    (one) => one.name ?? '',
    `${field}.firstAvailable`,
  )
  return [...errors, ...alternatives]
}

const constraintErrors =
  (names: RequestNames): ItemCheck<DeviceConstraint> =>
  ({ requests, matchAttribute, distinctAttribute }, field) => {
    const errors = requestListErrors(requests, names, `${field}.requests`)
    if (matchAttribute !== undefined)
      return [...errors, ...fullAttributeNameErrors(matchAttribute, `${field}.matchAttribute`)]
    if (distinctAttribute !== undefined)
      return [...errors, ...fullAttributeNameErrors(distinctAttribute, `${field}.distinctAttribute`)]
    // Kubernetes: none is told of in the words for two.
    const why = 'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set'
    return [...errors, required(field, why)]
  }

/** What is wrong with a driver's configuration. */
export function configurationErrors(
  { opaque }: { readonly opaque?: OpaqueDeviceConfiguration },
  field: string,
  isStored = false,
): readonly FieldError[] {
  if (opaque === undefined) return [required(`${field}.opaque`)]
  return [
    ...csiDriverNameErrors(opaque.driver, `${field}.opaque.driver`),
    ...driverDataErrors(opaque.parameters, `${field}.opaque.parameters`, parametersMax, isStored),
  ]
}

function claimSpecErrors(claim: DeviceClaim, field: string): readonly FieldError[] {
  const names = requestNamesOf(claim)
  return [
    ...setErrors(claim.requests, requestsMax, requestErrors, ({ name }) => name ?? '', `${field}.requests`),
    ...listErrors(claim.constraints, constraintsMax, constraintErrors(names), `${field}.constraints`),
    ...listErrors(
      claim.config,
      configsMax,
      (config, at) => [
        ...requestListErrors(config.requests, names, `${at}.requests`),
        ...configurationErrors(config, at),
      ],
      `${field}.config`,
    ),
  ]
}

export const resourceClaimErrors = ({ spec }: ResourceClaim) => claimSpecErrors(spec?.devices ?? {}, 'spec.devices')
export const resourceClaimUpdateErrors = (next: ResourceClaim, previous: ResourceClaim) =>
  immutableStruct('io.k8s.api.resource.v1.ResourceClaimSpec', 'spec', next.spec, previous.spec)

export const resourceClaimTemplateErrors = ({ spec }: ResourceClaimTemplate) =>
  claimSpecErrors(spec?.spec?.devices ?? {}, 'spec.spec.devices')
export const resourceClaimTemplateUpdateErrors = (next: ResourceClaimTemplate, previous: ResourceClaimTemplate) => [
  ...resourceClaimTemplateErrors(next),
  ...immutableStruct('io.k8s.api.resource.v1.ResourceClaimTemplateSpec', 'spec', next.spec, previous.spec),
]

export function deviceClassErrors({ spec }: DeviceClass, previous?: DeviceClass): readonly FieldError[] {
  const { selectors, config, extendedResourceName: name } = spec ?? {}
  const isStored = previous !== undefined && sameJson(config ?? [], previous.spec?.config ?? [])
  const errors: FieldError[] = [
    ...selectorListErrors(selectors, 'spec.selectors'),
    ...listErrors(config, configsMax, (one, at) => configurationErrors(one, at, isStored), 'spec.config'),
  ]
  if (name !== undefined && !isExtendedResource(name))
    errors.push(invalid('spec.extendedResourceName', name, 'must be a valid extended resource name'))
  return errors
}
