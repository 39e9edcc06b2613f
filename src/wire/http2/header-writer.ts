import { placeOfName, placeOfStatus } from './static-table.ts'

export type HeaderFields = Readonly<Record<string, string | readonly string[]>>

/** Where a block is written until it is copied into frames. */
let block = Buffer.allocUnsafeSlow(8 << 10)
let at = 0

/** Kubernetes: fields with such values are not sent. */
const unsendable = /[\0\r\n]/

/**
 * The headers of a reply, packed without anything that was sent before (HPACK, RFC 7541); valid until the next ones are packed.
 * `forgets` says first that none are remembered, as must be said once to whoever changed how many may be.
 */
export function headerBlock(status: number, fields: HeaderFields, forgets: boolean): Buffer {
  at = 0
  if (forgets) block[at++] = 0x20
  const code = String(status)
  const place = placeOfStatus.get(code)
  if (place !== undefined) block[at++] = 0x80 | place
  else put(':status', code)
  for (const name in fields) {
    // Of one connection only in HTTP/1.1.
    if (name === 'connection' || name === 'transfer-encoding' || name === 'keep-alive' || name === 'upgrade') continue
    const value = fields[name]!
    if (typeof value === 'string') put(name, value)
    else for (const one of value) put(name, one)
  }
  return block.subarray(0, at)
}

function put(name: string, value: string): void {
  if (unsendable.test(value)) return
  // A character is at most three octets.
  const most = 3 * (name.length + value.length) + 16
  if (block.length - at < most) block = Buffer.concat([block.subarray(0, at)], Math.max(2 * block.length, at + most))
  const place = placeOfName.get(name)
  if (place === undefined) {
    block[at++] = 0
    putText(name)
  } else if (place < 15) block[at++] = place
  else {
    block[at++] = 15
    block[at++] = place - 15
  }
  putText(value)
}

function putText(text: string): void {
  const length = block.write(text, at + 1, 'utf8')
  if (length < 127) {
    block[at] = length
    at += 1 + length
    return
  }
  const number = [127]
  let rest = length - 127
  for (; rest > 127; rest >>>= 7) number.push((rest & 127) | 128)
  number.push(rest)
  block.copyWithin(at + number.length, at + 1, at + 1 + length)
  block.set(number, at)
  at += number.length + length
}
