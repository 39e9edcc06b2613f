import { dns1123SubdomainErrors } from '../../machinery/index.ts'
import { allResources } from '../../resources/index.ts'
import type { EncryptionProvider, EncryptionRule } from '../../store/index.ts'
import { ConfigError, fieldsOf, listOf, type Reader, text } from './read-fields.ts'

/** What an EncryptionConfiguration says, as it is kept: secrets in base64. */
export type EncryptionChoice = readonly {
  readonly prefixes: readonly string[]
  readonly providers: readonly {
    readonly type: EncryptionProvider['type']
    readonly keys: readonly { readonly name: string; readonly secret: string }[]
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
const kms: Reader<never> = (_value, path) => {
  throw new ConfigError(`${path} is not there yet; use secretbox, aesgcm or aescbc`)
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
    providers: providers.map(({ type, keys }) => ({
      type,
      keys: keys.map(({ name, secret }) => ({ name, secret: Uint8Array.from(Buffer.from(secret, 'base64')) })),
    })),
  }))
}
