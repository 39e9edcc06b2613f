import { isIp, parseCidr, parseDuration, tryQuantity } from '../../machinery/index.ts'
import { bindAddressOf } from '../component-pages/bind-address.ts'

/** A configuration that cannot be meant; the message names the field and says what is wrong with it. */
export class ConfigError extends Error {
  override name = 'ConfigError'
}
/** Reads one value as what it must be, or throws a ConfigError that names its path. */
export type Reader<T> = (value: unknown, path: string) => T

function wrong(path: string, value: unknown, what: string): ConfigError {
  return new ConfigError(`${path} is ${JSON.stringify(value)}, which is not ${what}`)
}
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const text: Reader<string> = (value, path) => {
  if (typeof value !== 'string') throw wrong(path, value, 'a text')
  return value
}
export const truth: Reader<boolean> = (value, path) => {
  if (typeof value !== 'boolean') throw wrong(path, value, 'true or false')
  return value
}
export function integer(from: number, to: number): Reader<number> {
  return (value, path) => {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < from || value > to)
      throw wrong(path, value, `a whole number from ${from} to ${to}`)
    return value
  }
}
/** A duration as Go writes it (`2m0s`). */
export const duration: Reader<string> = (value, path) => {
  const known = text(value, path)
  try {
    parseDuration(known)
  } catch {
    throw wrong(path, value, 'a duration such as 2m')
  }
  return known
}
export const quantity: Reader<string> = (value, path) => {
  const known = typeof value === 'number' ? String(value) : text(value, path)
  if (tryQuantity(known) === undefined) throw wrong(path, value, 'a quantity such as 500m or 1Gi')
  return known
}
export const address: Reader<string> = (value, path) => {
  const known = text(value, path)
  if (!isIp(known)) throw wrong(path, value, 'an IP address')
  return known
}
/** An address with a port or without, or nothing for the usual one. */
export const bindAddress: Reader<string> = (value, path) => {
  const known = text(value, path)
  if (known === '') return known
  const { host, port } = bindAddressOf(known, { host: '', port: 0 })
  if (!isIp(host) || port > 65_535) throw wrong(path, value, 'an IP address with or without a port')
  return known
}
export const cidr: Reader<string> = (value, path) => {
  const known = text(value, path)
  if (parseCidr(known) === undefined) throw wrong(path, value, 'a range of addresses such as 10.0.0.0/8')
  return known
}
export function oneOf(...choices: readonly string[]): Reader<string> {
  return (value, path) => {
    const known = text(value, path)
    if (!choices.includes(known))
      throw wrong(path, value, `one of ${choices.map((one) => JSON.stringify(one)).join(', ')}`)
    return known
  }
}
export function listOf<T>(item: Reader<T>): Reader<readonly T[]> {
  return (value, path) => {
    if (!Array.isArray(value)) throw wrong(path, value, 'a list')
    return value.map((one, index) => item(one, `${path}[${index}]`))
  }
}
/** Values by name; which names there may be is the caller's to say, where it matters. */
export function mapOf<T>(item: Reader<T>, names?: ReadonlySet<string>): Reader<Readonly<Record<string, T>>> {
  return (value, path) => {
    if (!isObject(value)) throw wrong(path, value, 'a map')
    return Object.fromEntries(
      Object.entries(value).map(([name, one]) => {
        if (names !== undefined && !names.has(name))
          throw new ConfigError(`${path} has ${JSON.stringify(name)}; known are ${[...names].join(', ')}`)
        return [name, item(one, `${path}[${name}]`)]
      }),
    )
  }
}

type ReadFields<R extends Readonly<Record<string, Reader<unknown>>>> = {
  readonly [K in keyof R]?: ReturnType<R[K]>
}
/**
 * An object of these fields. One that is `known` and not among them is passed over and told to `idle`; any other is an error
 * that names it.
 */
export function fieldsOf<R extends Readonly<Record<string, Reader<unknown>>>>(
  readers: R,
  known: ReadonlySet<string> = new Set(),
  idle: (path: string) => void = () => {},
): Reader<ReadFields<R>> {
  return (value, path) => {
    if (!isObject(value)) throw wrong(path, value, 'an object')
    const read: Record<string, unknown> = {}
    for (const [name, member] of Object.entries(value)) {
      const at = path === '' ? name : `${path}.${name}`
      if (member === null || member === undefined) continue
      const reader = Object.hasOwn(readers, name) ? readers[name] : undefined
      if (reader !== undefined) read[name] = reader(member, at)
      else if (known.has(name)) idle(at)
      else throw new ConfigError(`unknown field ${JSON.stringify(at)}`)
    }
    return read as ReadFields<R>
  }
}
