/** An address as a number, with its family. */
export interface IpAddress {
  readonly family: 4 | 6
  readonly number: bigint
}
/** A range of addresses: all that share the first `bits` bits. */
export interface IpRange {
  readonly address: IpAddress
  readonly bits: number
}

function parseIpv4(text: string): bigint | undefined {
  const parts = text.split('.')
  if (parts.length !== 4) return undefined
  let number = 0
  for (const part of parts) {
    // Kubernetes: leading zeros are read as decimal in older fields, so they are accepted here.
    if (!/^\d{1,9}$/.test(part) || Number(part) > 255) return undefined
    number = number * 256 + Number(part)
  }
  return BigInt(number)
}

function parseIpv6(text: string): bigint | undefined {
  let source = text
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text)
  if (dotted !== null) {
    const last = parseIpv4(dotted[2]!)
    if (last === undefined) return undefined
    source = `${dotted[1]}${(last >> 16n).toString(16)}:${(last & 0xffffn).toString(16)}`
  }
  const halves = source.split('::')
  if (halves.length > 2) return undefined
  const groupsOf = (half: string) => (half === '' ? [] : half.split(':'))
  const head = groupsOf(halves[0]!)
  const tail = halves.length === 2 ? groupsOf(halves[1]!) : []
  const missing = 8 - head.length - tail.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined
  const groups = [...head, ...Array<string>(halves.length === 2 ? missing : 0).fill('0'), ...tail]
  let number = 0n
  for (const group of groups) {
    if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return undefined
    number = (number << 16n) | BigInt(`0x${group}`)
  }
  return number
}

/** The address a text states, or undefined. An IPv4 address mapped into IPv6 is an IPv4 address. */
export function parseIp(text: string): IpAddress | undefined {
  if (text.includes(':')) {
    const number = parseIpv6(text)
    if (number === undefined) return undefined
    return number >> 32n === 0xffffn ? { family: 4, number: number & 0xffffffffn } : { family: 6, number }
  }
  const number = parseIpv4(text)
  return number === undefined ? undefined : { family: 4, number }
}

/** Whether a text is an IPv4 or IPv6 address. */
export function isIp(text: string): boolean {
  return parseIp(text) !== undefined
}

/** An address as its 4 or 16 bytes, in network order. */
export function ipBytes({ family, number }: IpAddress): Uint8Array {
  const count = family === 4 ? 4 : 16
  return Uint8Array.from({ length: count }, (_, at) => Number((number >> BigInt(8 * (count - 1 - at))) & 0xffn))
}

/** The one canonical text of an address (RFC 5952). */
export function ipText({ family, number }: IpAddress): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => (number >> shift) & 255n).join('.')
  const groups = Array.from({ length: 8 }, (_, index) => Number((number >> BigInt(16 * (7 - index))) & 0xffffn))
  let best = { start: -1, length: 1 }
  for (let start = 0; start < 8; start++) {
    let length = 0
    while (start + length < 8 && groups[start + length] === 0) length++
    if (length > best.length) best = { start, length }
  }
  const hex = (part: readonly number[]) => part.map((group) => group.toString(16)).join(':')
  if (best.start < 0) return hex(groups)
  return `${hex(groups.slice(0, best.start))}::${hex(groups.slice(best.start + best.length))}`
}

/** The range a CIDR text states, with the address as written, or undefined. */
export function parseCidr(text: string): IpRange | undefined {
  const slash = text.lastIndexOf('/')
  if (slash < 0 || !/^\d{1,3}$/.test(text.slice(slash + 1))) return undefined
  const address = parseIp(text.slice(0, slash))
  const bits = Number(text.slice(slash + 1))
  if (address === undefined || bits > (address.family === 4 ? 32 : 128)) return undefined
  return { address, bits }
}

/** The first address of a range. */
export function networkOf({ address, bits }: IpRange): IpAddress {
  const hostBits = BigInt((address.family === 4 ? 32 : 128) - bits)
  return { family: address.family, number: (address.number >> hostBits) << hostBits }
}

/** Whether an address lies within a block of its own family. */
export function cidrContains(range: IpRange, address: IpAddress): boolean {
  if (range.address.family !== address.family) return false
  const hostBits = BigInt((address.family === 4 ? 32 : 128) - range.bits)
  return range.address.number >> hostBits === address.number >> hostBits
}

/** How many addresses a range has. */
export function cidrSize({ address, bits }: IpRange): bigint {
  return 1n << BigInt((address.family === 4 ? 32 : 128) - bits)
}

/** The address `offset` places behind the first of a range. */
export function addressAt(range: IpRange, offset: number | bigint): IpAddress {
  const first = networkOf(range)
  return { family: first.family, number: first.number + BigInt(offset) }
}

/** The first usable address of a range. */
export function firstAddress(cidr: string): string {
  const range = parseCidr(cidr)
  if (range === undefined) throw new Error(`${cidr} is not a CIDR`)
  return ipText(addressAt(range, 1))
}
