import { HeaderError } from './codes.ts'
import { huffmanText } from './huffman.ts'
import { staticFields } from './static-table.ts'

type Field = readonly [name: string, value: string]

/** How large the table of fields that were sent may become; what HTTP/2 begins with. */
const tableBytesMax = 4096
/** Each field counts that much beside its texts. */
export const fieldOverhead = 32
const staticCount = staticFields.length

/** Unpacks the headers of one connection, which build upon earlier ones (HPACK, RFC 7541). */
export class HeaderReader {
  /** What was sent lately; the newest last. */
  #table: Field[] = []
  #bytes = 0
  #bytesMax = tableBytesMax
  #block: Buffer = Buffer.alloc(0)
  #at = 0

  /** Hands over the fields of one block, in order. Throws HeaderError. */
  read(block: Buffer, take: (name: string, value: string) => void): void {
    this.#block = block
    this.#at = 0
    let isFirst = true
    while (this.#at < block.length) {
      const first = block[this.#at]!
      if (first >= 0x80) {
        const [name, value] = this.#field(this.#number(7))
        take(name, value)
      } else if (first >= 0x40) {
        const field = this.#literal(6)
        this.#remember(field)
        take(field[0], field[1])
      } else if (first >= 0x20) {
        if (!isFirst) throw new HeaderError('a table size is stated behind fields')
        this.#resize(this.#number(5))
        continue
      } else {
        const [name, value] = this.#literal(4)
        take(name, value)
      }
      isFirst = false
    }
  }

  #literal(prefixBits: number): Field {
    const place = this.#number(prefixBits)
    const name = place === 0 ? this.#text() : this.#field(place)[0]
    return [name, this.#text()]
  }

  #field(place: number): Field {
    const field =
      place <= staticCount ? staticFields[place - 1] : this.#table[this.#table.length - (place - staticCount)]
    if (field === undefined) throw new HeaderError(`no field stands at ${place}`)
    return field
  }

  #number(prefixBits: number): number {
    const most = (1 << prefixBits) - 1
    let number = this.#octet() & most
    if (number < most) return number
    for (let shift = 0; shift <= 21; shift += 7) {
      const octet = this.#octet()
      number += (octet & 127) << shift
      if (octet < 128) return number
    }
    throw new HeaderError('a number is too large')
  }

  #octet(): number {
    const octet = this.#block[this.#at++]
    if (octet === undefined) throw new HeaderError('a block ends within a field')
    return octet
  }

  #text(): string {
    const isCoded = (this.#block[this.#at] ?? 0) >= 128
    const length = this.#number(7)
    const start = this.#at
    this.#at += length
    if (this.#at > this.#block.length) throw new HeaderError('a block ends within a text')
    return isCoded ? huffmanText(this.#block, start, this.#at) : this.#block.toString('latin1', start, this.#at)
  }

  #remember(field: Field): void {
    this.#bytes += sizeOf(field)
    this.#table.push(field)
    this.#forget()
  }

  #resize(bytesMax: number): void {
    if (bytesMax > tableBytesMax) throw new HeaderError('a table is to be larger than was allowed')
    this.#bytesMax = bytesMax
    this.#forget()
  }

  /** The oldest go until the others have room. */
  #forget(): void {
    let gone = 0
    while (this.#bytes > this.#bytesMax) this.#bytes -= sizeOf(this.#table[gone++]!)
    if (gone > 0) this.#table.splice(0, gone)
  }
}

const sizeOf = ([name, value]: Field) => name.length + value.length + fieldOverhead
