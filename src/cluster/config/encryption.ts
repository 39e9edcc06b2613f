import { dns1123SubdomainErrors, parseDuration } from '../../machinery/index.ts'
import { allResources } from '../../resources/index.ts'
import type { EncryptionProvider, EncryptionRule } from '../../store/index.ts'
import { ConfigError, duration, fieldsOf, integer, listOf, type Reader, text } from './read-fields.ts'

/** What an EncryptionConfiguration says, as it is kept: secrets in base64. */
export type EncryptionChoice = readonly {
  readonly prefixes: readonly string[]
  readonly providers: readonly {
    readonly type: EncryptionProvider['type']
    readonly keys: readonly { readonly name: string; readonly secret: string }[]
    /** Of a KMS plugin: its name, where it listens, and how long it may take. */
    readonly name?: string
    readonly endpoint?: string
    readonly timeoutMs?: number
  }[]
}[]

const anySize = [16, 24, 32]
const sizes = { aesgcm: anySize, aescbc: anySize, secretbox: [32] } as const
type Ciphers = keyof typeof sizes

const keyFields = fieldsOf({ name: text, secret: text })
function keyOf(type: Ciphers): Reader<{ readonly name: string; readonly secret: string }> {
  return (value, path) => {
    const { name, secret } = keyFields(value, path)
    if (name === undefined || name === '') throw new ConfigError(`${path}.name must be given`)
    if (name.includes(':')) throw new ConfigError(`${path}.name is ${JSON.stringify(name)}, and may not have a colon`)
    if (secret === undefined) throw new ConfigError(`${path}.secret must be given`)
    const { length } = Buffer.from(secret, 'base64')
    if (!sizes[type].includes(length as never))
      throw new ConfigError(`${path}.secret must be ${sizes[type].join(', ')} bytes in base64, and has ${length}`)
    return { name, secret }
  }
}
function cipher(type: Ciphers) {
  const fields = fieldsOf({ keys: listOf(keyOf(type)) })
  return (value: unknown, path: string) => {
    const { keys = [] } = fields(value, path)
    if (keys.length === 0) throw new ConfigError(`${path}.keys must have at least one key`)
    const names = keys.map(({ name }) => name)
    const twice = names.find((name, index) => names.indexOf(name) < index)
    if (twice !== undefined) throw new ConfigError(`${path}.keys has ${JSON.stringify(twice)} twice`)
    return keys
  }
}
const kmsTimeoutMs = 3000
const kmsFields = fieldsOf({
  apiVersion: text,
  name: text,
  endpoint: text,
  timeout: duration,
  cachesize: integer(-(2 ** 31), 2 ** 31 - 1),
})
const kms: Reader<{ readonly name: string; readonly endpoint: string; readonly timeoutMs: number }> = (value, path) => {
  const { apiVersion = 'v1', name = '', endpoint = '', timeout, cachesize } = kmsFields(value, path)
  const wrong = (field: string, given: unknown, why: string) =>
    new ConfigError(`${path}.${field}: Invalid value: ${JSON.stringify(given)}: ${why}`)
  if (name === '') throw new ConfigError(`${path}.name: Required value: name is a mandatory field for a provider`)
  if (apiVersion !== 'v1' && apiVersion !== 'v2')
    throw wrong(
      'apiVersion',
      apiVersion,
      'unsupported apiVersion apiVersion for KMS provider, only v1 and v2 are supported',
    )
  // Unlike Kubernetes: not behind a feature gate either, which is off there as well.
  if (apiVersion === 'v1')
    throw new ConfigError(
      `${path}.apiVersion: KMSv1 is deprecated and will only receive security updates going forward. Use KMSv2 instead.`,
    )
  if (name.includes(':')) throw wrong('name', name, `invalid KMS provider name ${name}, must not contain ':'`)
  const timeoutMs = timeout === undefined ? kmsTimeoutMs : parseDuration(timeout)
  if (timeoutMs <= 0) throw wrong('timeout', timeout, 'timeout should be a positive value')
  if (endpoint === '') throw wrong('endpoint', '', 'endpoint is a mandatory field for a kms')
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(endpoint)?.[1] ?? ''
  if (scheme !== 'unix')
    throw wrong(
      'endpoint',
      endpoint,
      `unsupported scheme ${JSON.stringify(scheme)} for KMS provider, only unix is supported`,
    )
  if (cachesize !== undefined) throw wrong('cachesize', cachesize, 'cachesize is not supported in v2')
  return { name, endpoint, timeoutMs }
}
const providerFields = fieldsOf({
  aesgcm: cipher('aesgcm'),
  aescbc: cipher('aescbc'),
  secretbox: cipher('secretbox'),
  identity: fieldsOf({}),
  kms,
})
const provider: Reader<EncryptionChoice[number]['providers'][number]> = (value, path) => {
  const found = Object.entries(providerFields(value, path))
  const [first] = found
  if (first === undefined || found.length > 1) throw new ConfigError(`${path} must have exactly one provider`)
  const [type, keys] = first as [EncryptionProvider['type'], unknown]
  if (type === 'kms') return { type, keys: [], ...(keys as ReturnType<typeof kms>) }
  return { type, keys: type === 'identity' ? [] : (keys as { name: string; secret: string }[]) }
}
const ruleFields = fieldsOf({ resources: listOf(text), providers: listOf(provider) })
const rule: Reader<EncryptionChoice[number]> = (value, path) => {
  const { resources = [], providers = [] } = ruleFields(value, path)
  if (resources.length === 0) throw new ConfigError(`${path}.resources must name at least one`)
  if (providers.length === 0) throw new ConfigError(`${path}.providers must have at least one`)
  return {
    prefixes: resources.flatMap((name, index) => prefixesOf(name, `${path}.resources[${index}]`)),
    providers,
  }
}
const configurationFields = fieldsOf({ resources: listOf(rule) })

/** Reads the fields of an EncryptionConfiguration. Throws a ConfigError that names what is wrong. */
export function readEncryption(fields: object): EncryptionChoice {
  const { resources = [] } = configurationFields(fields, '')
  if (resources.length === 0) throw new ConfigError('resources must have at least one entry')
  const names = resources.flatMap(({ providers }) =>
    providers.flatMap(({ type, name }) => (type === 'kms' ? [name!] : [])),
  )
  const twice = names.find((name, index) => names.indexOf(name) < index)
  if (twice !== undefined) throw new ConfigError(`duplicate KMS provider name ${twice}, names must be unique`)
  return resources
}

/** Where the objects of `secrets`, `things.example.com`, `*.apps` and `*.*` lie; `*.` is the group without a name. */
function prefixesOf(name: string, path: string): readonly string[] {
  const dot = name.indexOf('.')
  const [plural, group] = dot < 0 ? [name, ''] : [name.slice(0, dot), name.slice(dot + 1)]
  if (plural === '*' && group === '*') return ['/registry/']
  if (group !== '' && dns1123SubdomainErrors(group).length > 0)
    throw new ConfigError(`${path} is ${JSON.stringify(name)}, which names no group`)
  const builtIn = allResources.filter((one) => one.group === group && (plural === '*' || one.plural === plural))
  const known = builtIn.map(({ storage }) => `/registry/${storage.prefix}/`)
  if (plural === '*') return group.includes('.') ? [...new Set([...known, `/registry/${group}/`])] : [...new Set(known)]
  if (known.length > 0) return [...new Set(known)]
  if (!group.includes('.')) throw new ConfigError(`${path} is ${JSON.stringify(name)}, which is no resource`)
  return [`/registry/${group}/${plural}/`]
}

/** The same with secrets as the store takes them. */
export function encryptionRules(choice: EncryptionChoice): readonly EncryptionRule[] {
  return choice.map(({ prefixes, providers }) => ({
    prefixes,
    providers: providers.map(({ type, keys, name: plugin }) => ({
      type,
      ...(plugin === undefined ? {} : { name: plugin }),
      keys: keys.map(({ name, secret }) => ({ name, secret: Uint8Array.from(Buffer.from(secret, 'base64')) })),
    })),
  }))
}
