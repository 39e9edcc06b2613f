/** Addresses and address ranges: `ip()`, `cidr()` and what can be asked of them. */
import { cidrContains, type IpAddress, ipText, networkOf } from '../../network/ip.ts'
import type { FunctionDeclaration } from '../check/declarations.ts'
import { member, plain } from '../library/declare.ts'
import { boolType, intType, opaqueType, stringType } from '../types/type.ts'
import { CelError, noSuchOverload, ObjectValue, type Value } from '../values/value.ts'

export const ipType = opaqueType('net.IP')
export const cidrType = opaqueType('net.CIDR')

/** An IP address. */
export class IpValue extends ObjectValue {
  readonly type = ipType
  readonly address: IpAddress
  constructor(address: IpAddress) {
    super()
    this.address = address
  }

  override get costSize(): number {
    return this.address.family === 4 ? 4 : 16
  }

  equals(other: Value): boolean | CelError {
    if (!(other instanceof IpValue)) return noSuchOverload
    return this.address.family === other.address.family && this.address.number === other.address.number
  }

  get text(): string {
    return ipText(this.address)
  }
}

/** An address with the length of its network's prefix. */
export class CidrValue extends ObjectValue {
  readonly type = cidrType
  readonly address: IpAddress
  readonly bits: number
  constructor(address: IpAddress, bits: number) {
    super()
    this.address = address
    this.bits = bits
  }

  override get costSize(): number {
    return Math.ceil(this.bits / 8)
  }

  equals(other: Value): boolean | CelError {
    if (!(other instanceof CidrValue)) return noSuchOverload
    const { family, number } = other.address
    return this.address.family === family && this.address.number === number && this.bits === other.bits
  }

  get text(): string {
    return `${ipText(this.address)}/${this.bits}`
  }
}

/** Why a text is no address, as Go says it. */
class AddressProblem extends Error {
  constructor(text: string, message: string, at = '') {
    super(`ParseAddr(${JSON.stringify(text)}): ${message}${at === '' ? '' : ` (at ${JSON.stringify(at)})`}`)
  }
}

function ipv4Fields(whole: string, part: string): bigint {
  let number = 0n
  let value = 0
  let position = 0
  let digits = 0
  for (let at = 0; at < part.length; at++) {
    const character = part[at]!
    if (character >= '0' && character <= '9') {
      if (digits === 1 && value === 0) throw new AddressProblem(whole, 'IPv4 field has octet with leading zero')
      value = value * 10 + Number(character)
      digits++
      if (value > 255) throw new AddressProblem(whole, 'IPv4 field has value >255')
    } else if (character === '.') {
      if (at === 0 || at === part.length - 1 || part[at - 1] === '.') {
        throw new AddressProblem(whole, 'IPv4 field must have at least one digit', part.slice(at))
      }
      if (position === 3) throw new AddressProblem(whole, 'IPv4 address too long')
      number = (number << 8n) | BigInt(value)
      position++
      value = 0
      digits = 0
    } else throw new AddressProblem(whole, 'unexpected character', part.slice(at))
  }
  if (position < 3) throw new AddressProblem(whole, 'IPv4 address too short')
  return (number << 8n) | BigInt(value)
}

function ipv6(whole: string): { readonly number: bigint; readonly zone: string } {
  const percent = whole.indexOf('%')
  const zone = percent === -1 ? '' : whole.slice(percent + 1)
  if (percent !== -1 && zone === '') throw new AddressProblem(whole, 'zone must be a non-empty string')
  let rest = percent === -1 ? whole : whole.slice(0, percent)
  const groups: bigint[] = []
  let ellipsis = -1
  if (rest.startsWith('::')) {
    ellipsis = 0
    rest = rest.slice(2)
    if (rest === '') return { number: 0n, zone }
  }
  while (groups.length < 8) {
    const hex = /^[0-9a-fA-F]*/.exec(rest)![0]
    if (hex.length > 4) throw new AddressProblem(whole, 'each group must have 4 or less digits', rest)
    if (hex === '') throw new AddressProblem(whole, 'each colon-separated field must have at least one digit', rest)
    if (rest[hex.length] === '.') {
      if (ellipsis < 0 && groups.length !== 6) {
        throw new AddressProblem(whole, 'embedded IPv4 address must replace the final 2 fields of the address', rest)
      }
      if (groups.length > 6) {
        throw new AddressProblem(whole, 'too many hex fields to fit an embedded IPv4 at the end of the address', rest)
      }
      const embedded = ipv4Fields(whole, rest)
      groups.push(embedded >> 16n, embedded & 0xffffn)
      rest = ''
      break
    }
    groups.push(BigInt(`0x${hex}`))
    rest = rest.slice(hex.length)
    if (rest === '') break
    if (rest[0] !== ':') throw new AddressProblem(whole, 'unexpected character, want colon', rest)
    if (rest.length === 1) throw new AddressProblem(whole, 'colon must be followed by more characters', rest)
    rest = rest.slice(1)
    if (rest[0] === ':') {
      if (ellipsis >= 0) throw new AddressProblem(whole, 'multiple :: in address', rest)
      ellipsis = groups.length
      rest = rest.slice(1)
      if (rest === '') break
    }
  }
  if (rest !== '') throw new AddressProblem(whole, 'trailing garbage after address', rest)
  if (groups.length < 8) {
    if (ellipsis < 0) throw new AddressProblem(whole, 'address string too short')
    groups.splice(ellipsis, 0, ...Array.from({ length: 8 - groups.length }, () => 0n))
  } else if (ellipsis >= 0) throw new AddressProblem(whole, 'the :: must expand to at least one field of zeros')
  return { number: groups.reduce((number, group) => (number << 16n) | group, 0n), zone }
}

interface Parsed extends IpAddress {
  readonly zone: string
  readonly mapped: boolean
}

function parseAddress(text: string): Parsed {
  const first = /[.:%]/.exec(text)?.[0]
  if (first === '.') return { family: 4, number: ipv4Fields(text, text), zone: '', mapped: false }
  if (first === ':') {
    const { number, zone } = ipv6(text)
    return { family: 6, number, zone, mapped: number >> 32n === 0xffffn }
  }
  throw new AddressProblem(text, first === '%' ? 'missing IPv6 address' : 'unable to parse IP')
}

function ipOf(text: string): IpValue | CelError {
  const quoted = JSON.stringify(text)
  try {
    const { family, number, zone, mapped } = parseAddress(text)
    if (zone !== '') return new CelError(`IP address ${quoted} with zone value is not allowed`)
    if (mapped) return new CelError(`IPv4-mapped IPv6 address ${quoted} is not allowed`)
    return new IpValue({ family, number })
  } catch (error) {
    if (!(error instanceof AddressProblem)) throw error
    return new CelError(`IP Address ${quoted} parse error during conversion from string: ${error.message}`)
  }
}

function prefixOf(text: string): CidrValue | string {
  const slash = text.lastIndexOf('/')
  const refuse = (message: string) => `netip.ParsePrefix(${JSON.stringify(text)}): ${message}`
  if (slash < 0) return refuse("no '/'")
  let address: Parsed
  try {
    address = parseAddress(text.slice(0, slash))
  } catch (error) {
    if (!(error instanceof AddressProblem)) throw error
    return refuse(error.message)
  }
  if (address.zone !== '') return refuse('IPv6 zones cannot be present in a prefix')
  const bits = text.slice(slash + 1)
  if (!/^\d+$/.test(bits) || (bits.length > 1 && bits[0] === '0')) {
    return refuse(`bad bits after slash: ${JSON.stringify(bits)}`)
  }
  if (Number(bits) > (address.family === 4 ? 32 : 128)) return refuse('prefix length out of range')
  return new CidrValue({ family: address.family, number: address.number }, Number(bits))
}

const conversion = 'network address parse error during conversion from string: '

function cidrOf(text: string): CidrValue | CelError {
  const prefix = prefixOf(text)
  if (typeof prefix === 'string') return new CelError(`${conversion}${conversion}${prefix}`)
  if (prefix.address.family === 6 && prefix.address.number >> 32n === 0xffffn) {
    return new CelError(`${conversion}IPv4-mapped IPv6 address ${JSON.stringify(text)} is not allowed`)
  }
  return prefix
}

const within = ({ family, number }: IpAddress, prefix: bigint, bits: number): boolean =>
  number >> BigInt((family === 4 ? 32 : 128) - bits) === prefix

function isLoopback(address: IpAddress): boolean {
  return address.family === 4 ? within(address, 127n, 8) : address.number === 1n
}

function isLinkLocalUnicast(address: IpAddress): boolean {
  return address.family === 4 ? within(address, 0xa9fen, 16) : within(address, 0xfe80n >> 6n, 10)
}

function isLinkLocalMulticast(address: IpAddress): boolean {
  if (address.family === 4) return within(address, 0xe00000n, 24)
  return ((address.number >> 112n) & 0xff0fn) === 0xff02n
}

function isMulticast(address: IpAddress): boolean {
  return address.family === 4 ? within(address, 0xen, 4) : within(address, 0xffn, 8)
}

function isGlobalUnicast(address: IpAddress): boolean {
  if (address.number === 0n || (address.family === 4 && address.number === 0xffffffffn)) return false
  return !isLoopback(address) && !isMulticast(address) && !isLinkLocalUnicast(address)
}

const ask = (name: string, id: string, test: (address: IpAddress) => boolean): FunctionDeclaration => ({
  name,
  overloads: [member(id, [ipType], boolType, ([ip]) => test((ip as IpValue).address))],
})

function containsIp(range: Value, ip: Value): Value {
  if (!(ip instanceof IpValue)) return noSuchOverload
  return cidrContains(range as CidrValue, ip.address)
}

function containsCidr(range: Value, inner: Value): Value {
  if (inner instanceof CelError) return inner
  if (!(inner instanceof CidrValue)) return noSuchOverload
  const outer = range as CidrValue
  return outer.bits <= inner.bits && cidrContains(outer, inner.address)
}

/** The functions of addresses and ranges. */
export const addressFunctions: readonly FunctionDeclaration[] = [
  {
    name: 'ip',
    overloads: [
      plain('string_to_ip', [stringType], ipType, ([text]) => ipOf(text as string)),
      member('cidr_ip', [cidrType], ipType, ([range]) => new IpValue((range as CidrValue).address)),
    ],
  },
  { name: 'family', overloads: [member('ip_family', [ipType], intType, ([ip]) => (ip as IpValue).address.family)] },
  {
    name: 'ip.isCanonical',
    overloads: [
      plain('ip_is_canonical', [stringType], boolType, ([text]) => {
        const ip = ipOf(text as string)
        return ip instanceof CelError ? ip : ip.text === text
      }),
    ],
  },
  ask('isUnspecified', 'ip_is_unspecified', ({ number }) => number === 0n),
  ask('isLoopback', 'ip_is_loopback', isLoopback),
  ask('isLinkLocalMulticast', 'ip_is_link_local_multicast', isLinkLocalMulticast),
  ask('isLinkLocalUnicast', 'ip_is_link_local_unicast', isLinkLocalUnicast),
  ask('isGlobalUnicast', 'ip_is_global_unicast', isGlobalUnicast),
  {
    name: 'isIP',
    overloads: [plain('is_ip', [stringType], boolType, ([text]) => ipOf(text as string) instanceof IpValue)],
  },
  {
    name: 'string',
    overloads: [
      plain('ip_to_string', [ipType], stringType, ([ip]) => (ip as IpValue).text),
      plain('cidr_to_string', [cidrType], stringType, ([range]) => (range as CidrValue).text),
    ],
  },
  { name: 'cidr', overloads: [plain('string_to_cidr', [stringType], cidrType, ([text]) => cidrOf(text as string))] },
  {
    name: 'containsIP',
    overloads: [
      // Kubernetes: a text that is no address is answered as a missing overload.
      member('cidr_contains_ip_string', [cidrType, stringType], boolType, ([range, text]) =>
        containsIp(range!, ipOf(text as string)),
      ),
      member('cidr_contains_ip_ip', [cidrType, ipType], boolType, ([range, ip]) => containsIp(range!, ip!)),
    ],
  },
  {
    name: 'containsCIDR',
    overloads: [
      member('cidr_contains_cidr_string', [cidrType, stringType], boolType, ([range, text]) =>
        containsCidr(range!, cidrOf(text as string)),
      ),
      member('cidr_contains_cidr', [cidrType, cidrType], boolType, ([range, inner]) => containsCidr(range!, inner!)),
    ],
  },
  {
    name: 'prefixLength',
    overloads: [member('cidr_prefix_length', [cidrType], intType, ([range]) => (range as CidrValue).bits)],
  },
  {
    name: 'masked',
    overloads: [
      member('cidr_masked', [cidrType], cidrType, ([range]) => {
        const { address, bits } = range as CidrValue
        return new CidrValue(networkOf({ address, bits }), bits)
      }),
    ],
  },
  {
    name: 'isCIDR',
    overloads: [plain('is_cidr', [stringType], boolType, ([text]) => cidrOf(text as string) instanceof CidrValue)],
  },
]
