import { connect, type TLSSocket } from 'node:tls'

/** Where to connect, and as whom. */
export interface Endpoint {
  readonly server: string
  readonly ca: string
  readonly cert: string
  readonly key: string
}

const frameHeader = 9
const types = { data: 0, headers: 1, settings: 4, ping: 6, windowUpdate: 8 }
const acknowledges = 1
const endsStream = 1
const endsStreamAndHeaders = 5
/** A gigabyte, of which nothing is given back: so much can be read in all. */
const window = Buffer.from([0x3f, 0xff, 0, 0])
/** `:status: 200`, as every encoder of HPACK writes it. */
const status200 = 0x88

function frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const bytes = Buffer.alloc(frameHeader + payload.length)
  bytes.writeUIntBE(payload.length, 0, 3)
  bytes[3] = type
  bytes[4] = flags
  bytes.writeUInt32BE(stream, 5)
  bytes.set(payload, frameHeader)
  return bytes
}

/** A header field that is not to be indexed, its name by its place in HPACK's table. */
function field(name: number, value: string): Buffer {
  const text = Buffer.from(value)
  const index = name < 15 ? [name] : [15, name - 15]
  const length = text.length < 127 ? [text.length] : [127, text.length - 127]
  if (length.length > 1 && length[1]! > 127) throw new Error('such a long field is not needed here')
  return Buffer.concat([Buffer.from([...index, ...length]), text])
}

/** What is told of one GET. */
interface PlainGet {
  /** Resolves once it is answered with 200; rejects when it is answered otherwise. */
  readonly answered: Promise<void>
  /** Resolves with its last byte. */
  readonly ended: Promise<void>
}

/**
 * One HTTP/2 connection that sends GETs and looks at what comes as little as can be: beside a thousand watches, or a list of
 * megabytes, a real client takes more time than the server.
 */
export class PlainConnection {
  readonly #socket: TLSSocket
  readonly #host: string
  #nextStream = 1
  #rest: Buffer = Buffer.alloc(0)
  readonly #taking = new Map<number, (type: number, flags: number, payload: Buffer) => void>()

  constructor({ server, ca, cert, key }: Endpoint) {
    const { hostname, port, host } = new URL(server)
    this.#host = host
    this.#socket = connect({ host: hostname, port: Number(port), ca, cert, key, ALPNProtocols: ['h2'] })
    const settings = Buffer.from([0, 2, 0, 0, 0, 0, 0, 4, ...window])
    this.#socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
    this.#socket.write(frame(types.settings, 0, 0, settings))
    this.#socket.write(frame(types.windowUpdate, 0, 0, window))
    this.#socket.on('data', (bytes) => this.#read(bytes))
    this.#socket.on('error', () => {})
  }

  /** `onLines` is told of the lines that come, as their pieces do. */
  get(path: string, onLines?: (count: number) => void): PlainGet {
    const stream = this.#nextStream
    this.#nextStream += 2
    const fields = [Buffer.from([0x82, 0x87]), field(1, this.#host), field(4, path), field(58, 'bench')]
    this.#socket.write(frame(types.headers, endsStreamAndHeaders, stream, Buffer.concat(fields)))
    let end = () => {}
    const ended = new Promise<void>((resolve) => {
      end = resolve
    })
    const answered = new Promise<void>((resolve, reject) => {
      this.#taking.set(stream, (type, flags, payload) => {
        if (type === types.headers && payload[0] !== status200) reject(new Error(`${path} was not answered with 200`))
        else if (type === types.headers) resolve()
        else if (onLines !== undefined) countLines(payload, onLines)
        if ((flags & endsStream) === 0) return
        this.#taking.delete(stream)
        end()
      })
    })
    return { answered, ended }
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #read(bytes: Buffer): void {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    let at = 0
    while (all.length - at >= frameHeader) {
      const end = at + frameHeader + all.readUIntBE(at, 3)
      if (end > all.length) break
      this.#take(all[at + 3]!, all[at + 4]!, all.readUInt32BE(at + 5), all.subarray(at + frameHeader, end))
      at = end
    }
    this.#rest = all.subarray(at)
  }

  #take(type: number, flags: number, stream: number, payload: Buffer): void {
    if (type === types.data || type === types.headers) this.#taking.get(stream)?.(type, flags, payload)
    else if ((type === types.settings || type === types.ping) && (flags & acknowledges) === 0)
      this.#socket.write(frame(type, acknowledges, 0, type === types.ping ? payload : Buffer.alloc(0)))
  }
}

function countLines(payload: Buffer, onLines: (count: number) => void): void {
  let lines = 0
  for (let at = payload.indexOf(10); at >= 0; at = payload.indexOf(10, at + 1)) lines += 1
  if (lines > 0) onLines(lines)
}
