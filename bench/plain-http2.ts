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
const endsStreamAndHeaders = 5
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

/**
 * Sends GETs over one HTTP/2 connection and counts the lines that come, doing as little else as can be done: beside a thousand
 * watches a real client takes more time than the server. Resolves once all have been answered with 200.
 */
export function openPlain(
  { server, ca, cert, key }: Endpoint,
  paths: readonly string[],
  onLines: (count: number) => void,
): Promise<TLSSocket> {
  const { hostname, port, host } = new URL(server)
  const socket = connect({ host: hostname, port: Number(port), ca, cert, key, ALPNProtocols: ['h2'] })
  const settings = Buffer.from([0, 2, 0, 0, 0, 0, 0, 4, 0, 0x40, 0, 0])
  socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
  socket.write(frame(types.settings, 0, 0, settings))
  socket.write(frame(types.windowUpdate, 0, 0, Buffer.from([0x3f, 0xff, 0, 0])))
  for (const [at, path] of paths.entries()) {
    const fields = [Buffer.from([0x82, 0x87]), field(1, host), field(4, path), field(58, 'bench')]
    socket.write(frame(types.headers, endsStreamAndHeaders, 2 * at + 1, Buffer.concat(fields)))
  }
  return new Promise((resolve, reject) => {
    let answered = 0
    let rest: Buffer = Buffer.alloc(0)
    const take = (type: number, flags: number, payload: Buffer) => {
      if (type === types.data) {
        let lines = 0
        for (let at = payload.indexOf(10); at >= 0; at = payload.indexOf(10, at + 1)) lines += 1
        if (lines > 0) onLines(lines)
      } else if (type === types.headers) {
        if (payload[0] !== status200) reject(new Error('a request was not answered with 200'))
        answered += 1
        if (answered === paths.length) resolve(socket)
      } else if ((type === types.settings || type === types.ping) && (flags & acknowledges) === 0)
        socket.write(frame(type, acknowledges, 0, type === types.ping ? payload : Buffer.alloc(0)))
    }
    socket.on('data', (bytes) => {
      const all = rest.length === 0 ? bytes : Buffer.concat([rest, bytes])
      let at = 0
      while (all.length - at >= frameHeader) {
        const end = at + frameHeader + all.readUIntBE(at, 3)
        if (end > all.length) break
        take(all[at + 3]!, all[at + 4]!, all.subarray(at + frameHeader, end))
        at = end
      }
      rest = all.subarray(at)
    })
    socket.on('error', reject)
  })
}
