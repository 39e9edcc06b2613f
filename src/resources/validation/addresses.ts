import { type FieldError, invalid, ipText, networkOf, parseCidr, parseIp } from '../../machinery/index.ts'
import { isOn } from '../gates/judged-by.ts'

const validIp = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'
const validCidr = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'
const hasLeadingZero = (text: string) => /(?:^|:)0\d+\.|\.0\d+(?:\.|$)/.test(text)
/** Whether an IPv4 address is written within an IPv6 address. */
const isMapped = (address: string) => address.includes(':') && parseIp(address)?.family === 4

/**
 * What is wrong with an address in one of the older fields. Kubernetes: what was there before is good, however it is written, and how
 * strict one is with the rest is a matter of StrictIPCIDRValidation.
 */
export function olderIpErrors(field: string, value: string, before: readonly string[] = []): readonly FieldError[] {
  if (before.includes(value)) return []
  if (parseIp(value) === undefined) return [invalid(field, value, validIp)]
  return isOn('StrictIPCIDRValidation') ? strictIpErrors(field, value) : []
}
function strictIpErrors(field: string, value: string): readonly FieldError[] {
  if (hasLeadingZero(value)) return [invalid(field, value, 'must not have leading 0s')]
  return isMapped(value) ? [invalid(field, value, 'must not be an IPv4-mapped IPv6 address')] : []
}

/** What is wrong with an address in one of the newer fields, where there is one way to write it. */
export function ipErrors(field: string, value: string): readonly FieldError[] {
  const address = parseIp(value)
  if (address === undefined) return [invalid(field, value, validIp)]
  const errors = strictIpErrors(field, value)
  const text = ipText(address)
  return errors.length > 0 || text === value ? errors : [invalid(field, value, canonical(text))]
}
/** The same of a range. */
export function cidrErrors(field: string, value: string): readonly FieldError[] {
  const range = parseCidr(value)
  if (range === undefined) return [invalid(field, value, validCidr)]
  const errors = strictCidrErrors(field, value)
  const text = `${ipText(networkOf(range))}/${range.bits}`
  return errors.length > 0 || text === value ? errors : [invalid(field, value, canonical(text))]
}
const canonical = (text: string) => `must be in canonical form (${JSON.stringify(text)})`

/** The same as of addresses, of a range in one of the older fields. */
export function olderCidrErrors(field: string, value: string, before: readonly string[] = []): readonly FieldError[] {
  if (before.includes(value)) return []
  const range = parseCidr(value)
  if (range === undefined) return [invalid(field, value, validCidr)]
  return isOn('StrictIPCIDRValidation') ? strictCidrErrors(field, value) : []
}
function strictCidrErrors(field: string, value: string): readonly FieldError[] {
  const [address = '', bits = ''] = value.split('/')
  if (hasLeadingZero(address) || /^0\d/.test(bits))
    return [invalid(field, value, 'must not have leading 0s in IP or prefix length')]
  if (isMapped(address)) return [invalid(field, value, 'must not have an IPv4-mapped IPv6 address')]
  const range = parseCidr(value)!
  if (networkOf(range).number !== range.address.number)
    return [invalid(field, value, 'must not have bits set beyond the prefix length')]
  return []
}
