import {
  dns1035LabelErrors,
  dns1123SubdomainErrors,
  duplicate,
  type FieldError,
  invalid,
  patternError,
  qualifiedNameErrors,
  required,
} from '../../machinery/index.ts'
import type { HooksFor } from '../define.ts'
import type { StorageVersion } from '../generated/types.ts'
import { complaints } from '../validation/object-meta.ts'

type Status = NonNullable<StorageVersion['status']>
type Server = NonNullable<Status['storageVersions']>[number]

export const storageVersionHooks: HooksFor<StorageVersion> = {
  checks: {
    name: storageVersionNameErrors,
    update: () => [],
    status: ({ status }) => statusErrors(status ?? {}),
  },
  allowUnconditionalUpdate: false,
}

/** `GROUP.RESOURCE`. */
function storageVersionNameErrors(name: string): readonly string[] {
  const dot = name.lastIndexOf('.')
  if (dot < 0) return ['name must be in the form of <group>.<resource>']
  return [
    ...dns1123SubdomainErrors(name.slice(0, dot)).map((text) => `the group segment ${text}`),
    ...dns1035LabelErrors(name.slice(dot + 1)).map((text) => `the resource segment ${text}`),
  ]
}

function statusErrors(status: Status): readonly FieldError[] {
  const errors: FieldError[] = []
  const seen = new Set<string>()
  for (const [index, server] of (status.storageVersions ?? []).entries()) {
    const at = `status.storageVersions[${index}]`
    const { apiServerID = '' } = server
    if (seen.has(apiServerID)) errors.push(duplicate(`${at}.apiServerID`, apiServerID))
    seen.add(apiServerID)
    errors.push(...serverErrors(server, at))
  }
  return [...errors, ...commonVersionErrors(status), ...conditionErrors(status.conditions ?? [])]
}

function serverErrors(server: Server, at: string): readonly FieldError[] {
  const { apiServerID = '', encodingVersion = '', decodableVersions = [], servedVersions = [] } = server
  const errors: FieldError[] = [...complaints(`${at}.apiServerID`, apiServerID, dns1123SubdomainErrors(apiServerID))]
  const versionErrors = (version: string, field: string) => {
    const words = apiVersionErrors(version)
    if (words.length > 0) errors.push(invalid(field, version, words.join(',')))
  }
  versionErrors(encodingVersion, `${at}.encodingVersion`)
  for (const [index, version] of decodableVersions.entries())
    versionErrors(version, `${at}.decodableVersions[${index}]`)
  if (!decodableVersions.includes(encodingVersion)) {
    const detail = `decodableVersions must include encodingVersion ${encodingVersion}`
    errors.push(invalid(`${at}.decodableVersions`, server.decodableVersions, detail))
  }
  for (const [index, version] of servedVersions.entries()) {
    const field = `${at}.servedVersions[${index}]`
    versionErrors(version, field)
    if (decodableVersions.includes(version)) continue
    const list = `[${decodableVersions.join(' ')}]`
    const detail = `individual served version : ${version} must be included in decodableVersions : ${list}`
    errors.push(invalid(field, version, detail))
  }
  return errors
}

function commonVersionErrors({ storageVersions = [], commonEncodingVersion: stated }: Status): readonly FieldError[] {
  const field = 'status.commonEncodingVersion'
  const encodings = new Set(storageVersions.map(({ encodingVersion }) => encodingVersion))
  const actual = encodings.size === 1 ? storageVersions[0]!.encodingVersion : undefined
  if (actual === stated) return []
  if (actual === undefined) {
    const detail =
      'should be nil if servers do not agree on the same encoding version, or if there is no server reporting the supported versions yet'
    return [invalid(field, stated, detail)]
  }
  return stated === undefined
    ? [invalid(field, null, `the common encoding version is ${actual}`)]
    : [invalid(field, stated, `the actual common encoding version is ${actual}`)]
}

/** Kubernetes: the path of a condition lacks the name of the list. */
function conditionErrors(conditions: NonNullable<Status['conditions']>): readonly FieldError[] {
  const errors: FieldError[] = []
  const seen = new Map<string, number>()
  for (const [index, { type = '', status = '', reason = '', message = '' }] of conditions.entries()) {
    const at = `status[${index}]`
    const before = seen.get(type)
    if (before !== undefined) {
      const detail = `the type of the condition is not unique, it also appears in conditions[${before}]`
      errors.push(invalid(`${at}.type`, type, detail))
    }
    seen.set(type, index)
    errors.push(...complaints(`${at}.type`, type, qualifiedNameErrors(type)))
    errors.push(...complaints(`${at}.status`, status, qualifiedNameErrors(status)))
    if (reason === '') errors.push(required(`${at}.reason`))
    if (message === '') errors.push(required(`${at}.message`))
  }
  return errors
}

const labelText =
  "a DNS-1035 label, which must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character"

function apiVersionErrors(apiVersion: string): readonly string[] {
  const parts = apiVersion.split('/')
  if (parts.length > 2) {
    const label = patternError(labelText, '[a-z]([-a-z0-9]*[a-z0-9])?', 'my-name', 'abc-123')
    return [`an apiVersion is ${label} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyVersion')`]
  }
  const version = parts.at(-1)!
  const errors: string[] = []
  if (parts.length === 2) {
    const words = parts[0] === '' ? ['must be non-empty'] : dns1123SubdomainErrors(parts[0]!)
    errors.push(...words.map((text) => `group part: ${text}`))
  }
  const words = version === '' ? ['must be non-empty'] : dns1035LabelErrors(version)
  return [...errors, ...words.map((text) => `version part: ${text}`)]
}
