import { dns1123SubdomainErrors, type FieldError, invalid, required } from '../../machinery/index.ts'
import type {
  DeviceClaim,
  DeviceClass,
  DeviceConfiguration,
  DeviceConstraint,
  DeviceRequest,
  DeviceSelector,
  DeviceSubRequest,
  ExactDeviceRequest,
  ResourceClaim,
  ResourceClaimTemplate,
} from '../generated/types.ts'
import { complaints, immutable } from '../validation/object-meta.ts'
import {
  driverErrors,
  type Errors,
  each,
  fullNameErrors,
  labelErrors,
  none,
  objectErrors,
  tolerationErrors,
} from './checks.ts'

const parametersBytesMax = 10 * 1024
const eitherRequest = 'exactly one of `exactly` or `firstAvailable` is required'
const eitherAttribute =
  'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set'

const selectorErrors = ({ cel }: DeviceSelector, at: string): Errors =>
  cel === undefined ? [required(`${at}.cel`)] : none

function countErrors({ allocationMode, count = 0 }: DeviceSubRequest | ExactDeviceRequest, at: string): Errors {
  if (allocationMode === 'All' && count !== 0)
    return [invalid(`${at}.count`, count, "must not be specified when allocationMode is 'All'")]
  if (allocationMode === 'ExactCount' && count <= 0) return [invalid(`${at}.count`, count, 'must be greater than zero')]
  return none
}

function wantedErrors(wanted: DeviceSubRequest | ExactDeviceRequest, at: string): Errors {
  const className = `${at}.deviceClassName`
  const { deviceClassName: name } = wanted
  return [
    ...(name === '' ? [required(className)] : complaints(className, name, dns1123SubdomainErrors(name))),
    ...each(wanted.selectors, `${at}.selectors`, selectorErrors),
    ...countErrors(wanted, at),
    ...each(wanted.tolerations, `${at}.tolerations`, tolerationErrors),
  ]
}

function requestErrors({ name, exactly, firstAvailable = [] }: DeviceRequest, at: string): Errors {
  const errors = labelErrors(name, `${at}.name`)
  const isEither = firstAvailable.length > 0
  if (exactly === undefined && !isEither) return [...errors, required(at, eitherRequest)]
  if (exactly !== undefined && isEither)
    return [...errors, invalid(at, null, `${eitherRequest}, but multiple fields are set`)]
  if (exactly !== undefined) return [...errors, ...wantedErrors(exactly, `${at}.exactly`)]
  return [
    ...errors,
    ...each(firstAvailable, `${at}.firstAvailable`, (sub, place) => [
      ...labelErrors(sub.name, `${place}.name`),
      ...wantedErrors(sub, place),
    ]),
  ]
}

/** Says of a name whether it is that of one of a claim's requests, or of one of the choices of a request. */
export function requestReference({ requests }: DeviceClaim): (name: string, at: string) => Errors {
  const known = new Set(
    (requests ?? []).flatMap(({ name, firstAvailable }) => [
      name,
      ...(firstAvailable ?? []).map((sub) => `${name}/${sub.name}`),
    ]),
  )
  return (name, at) => {
    const segments = name.split('/')
    const words = segments.length > 2 ? none : segments.flatMap((segment) => labelErrors(segment, at))
    if (known.has(name)) return words
    const why = "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'"
    return [...words, invalid(at, name, why)]
  }
}

function constraintErrors({ matchAttribute, distinctAttribute }: DeviceConstraint, at: string): Errors {
  if (matchAttribute !== undefined) return fullNameErrors(matchAttribute, `${at}.matchAttribute`)
  if (distinctAttribute !== undefined) return fullNameErrors(distinctAttribute, `${at}.distinctAttribute`)
  return [required(at, eitherAttribute)]
}

export function configurationErrors({ opaque }: DeviceConfiguration, at: string): Errors {
  if (opaque === undefined) return [required(`${at}.opaque`)]
  return [
    ...driverErrors(opaque.driver, `${at}.opaque.driver`),
    ...objectErrors(opaque.parameters, `${at}.opaque.parameters`, parametersBytesMax),
  ]
}

function deviceClaimErrors(claim: DeviceClaim | undefined, at: string): Errors {
  if (claim === undefined) return none
  const refers = requestReference(claim)
  return [
    ...each(claim.requests, `${at}.requests`, requestErrors),
    ...each(claim.constraints, `${at}.constraints`, (constraint, place) => [
      ...each(constraint.requests, `${place}.requests`, refers),
      ...constraintErrors(constraint, place),
    ]),
    ...each(claim.config, `${at}.config`, (config, place) => [
      ...each(config.requests, `${place}.requests`, refers),
      ...configurationErrors(config, place),
    ]),
  ]
}

export const resourceClaimErrors = ({ spec }: ResourceClaim): readonly FieldError[] =>
  deviceClaimErrors(spec?.devices, 'spec.devices')

export const resourceClaimUpdateErrors = ({ spec }: ResourceClaim, previous: ResourceClaim): readonly FieldError[] =>
  immutable('spec', spec, previous.spec)

export const resourceClaimTemplateErrors = ({ spec }: ResourceClaimTemplate): readonly FieldError[] =>
  deviceClaimErrors(spec?.spec?.devices, 'spec.spec.devices')

export const resourceClaimTemplateUpdateErrors = (
  { spec }: ResourceClaimTemplate,
  previous: ResourceClaimTemplate,
): readonly FieldError[] => immutable('spec', spec, previous.spec)

export const deviceClassErrors = ({ spec }: DeviceClass): readonly FieldError[] => [
  ...each(spec?.selectors, 'spec.selectors', selectorErrors),
  ...each(spec?.config, 'spec.config', configurationErrors),
]
