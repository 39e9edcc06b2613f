import { type FieldError, invalid, parseIp } from '../../machinery/index.ts'

/**
 * As specialAddressErrors, of endpoints. Unlike Kubernetes: they may be on loopback, since a cluster and all its nodes may be within one
 * machine.
 */
export function endpointAddressErrors(ip: string, field: string): readonly FieldError[] {
  return isLoopback(ip) ? [] : specialAddressErrors(ip, field)
}
function isLoopback(ip: string): boolean {
  const address = parseIp(ip)
  return address !== undefined && (address.family === 4 ? address.number >> 24n === 127n : address.number === 1n)
}

/** Addresses that only mean something on one machine, or to nobody. */
export function specialAddressErrors(ip: string, field: string): readonly FieldError[] {
  const address = parseIp(ip)
  if (address === undefined) return [invalid(field, ip, 'must be a valid IP address')]
  const { family, number } = address
  const top = family === 4 ? number >> 24n : number >> 112n
  const refuse = (what: string) => [invalid(field, ip, what)]
  if (number === 0n) return refuse(`may not be unspecified (${ip})`)
  if (isLoopback(ip)) return refuse('may not be in the loopback range (127.0.0.0/8, ::1/128)')
  const linkLocal = family === 4 ? number >> 16n === 0xa9fen : (top & 0xffc0n) === 0xfe80n
  if (linkLocal) return refuse('may not be in the link-local range (169.254.0.0/16, fe80::/10)')
  const multicast = family === 4 ? number >> 8n === 0xe00000n : top === 0xff02n
  return multicast ? refuse('may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)') : []
}
