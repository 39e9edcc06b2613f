import { Duplex } from 'node:stream'
import type { Clock, Random } from '../../machinery/index.ts'

/** What of `ProxyService` is spoken; the numbers are those of the proxy protocol of Kubernetes' network proxy. */
const text = (id: number) => ({ type: 'string', id })
const number = (id: number) => ({ type: 'int64', id })
const payloads = {
  dialRequest: { type: 'DialRequest', id: 2 },
  dialResponse: { type: 'DialResponse', id: 3 },
  data: { type: 'Data', id: 4 },
  closeRequest: { type: 'CloseRequest', id: 5 },
  closeResponse: { type: 'CloseResponse', id: 6 },
  closeDial: { type: 'CloseDial', id: 7 },
  drain: { type: 'Drain', id: 8 },
}
const packetTypes = ['DIAL_REQ', 'DIAL_RSP', 'CLOSE_REQ', 'CLOSE_RSP', 'DATA', 'DIAL_CLS', 'DRAIN']
export const tunnelDescriptor = {
  nested: {
    ProxyService: {
      methods: {
        Proxy: { requestType: 'Packet', requestStream: true, responseType: 'Packet', responseStream: true },
      },
    },
    PacketType: { values: Object.fromEntries(packetTypes.map((name, value) => [name, value])) },
    Packet: {
      oneofs: { payload: { oneof: Object.keys(payloads) } },
      fields: { type: { type: 'PacketType', id: 1 }, ...payloads },
    },
    DialRequest: { fields: { protocol: text(1), address: text(2), random: number(3) } },
    DialResponse: { fields: { error: text(1), connectID: number(2), random: number(3) } },
    CloseRequest: { fields: { connectID: number(1) } },
    CloseResponse: { fields: { error: text(1), connectID: number(2) } },
    CloseDial: { fields: { random: number(1) } },
    Drain: { fields: {} },
    Data: { fields: { connectID: number(1), error: text(2), data: { type: 'bytes', id: 3 } } },
  },
}

/** One message either way, its identifiers as text: they have more digits than numbers hold. */
export interface Packet {
  readonly type: string
  readonly dialRequest?: { readonly protocol: string; readonly address: string; readonly random: string }
  readonly dialResponse?: { readonly error?: string; readonly connectID?: string; readonly random?: string }
  readonly data?: { readonly connectID?: string; readonly data?: Uint8Array }
  readonly closeRequest?: { readonly connectID: string }
  readonly closeResponse?: { readonly error?: string; readonly connectID?: string }
  readonly closeDial?: { readonly random?: string }
}
/** The stream of packets that a proxy holds with one client. */
export interface PacketStream {
  write(packet: Packet, done: () => void): void
  /** Stops and goes on taking packets from the proxy. */
  pause(): void
  resume(): void
  end(): void
}
export interface TunnelParts {
  readonly clock: Clock
  readonly random: Random
}
/** Kubernetes: so long a proxy is waited for, and then its answer; so long the end of a connection. */
const reachMs = 30_000
const dialMs = 30_000
const closeMs = 1000
/** gRPC: messages of more than 4 MiB are refused; this much at once is what programs in Go copy. */
const packetBytes = 32 << 10

/** A proxy that was reached: it opens one connection. */
export interface ReachedProxy {
  dial(address: string): Promise<Duplex>
}

/** Reaches a proxy of the gRPC kind by its socket on this machine; gRPC is loaded here. */
export async function reachTunnel(path: string, parts: TunnelParts): Promise<ReachedProxy> {
  const [grpc, loader] = await Promise.all([import('@grpc/grpc-js'), import('@grpc/proto-loader')])
  const definition = loader.fromJSON(tunnelDescriptor as never, { longs: String, enums: String, oneofs: true })
  const { path: method, requestSerialize, responseDeserialize } = (definition['ProxyService'] as any).Proxy
  // One connection each, as the protocol's proxies expect: a client's end is the end of its connection.
  const client = new grpc.Client(`unix:${path}`, grpc.credentials.createInsecure(), {
    'grpc.default_authority': 'localhost',
    'grpc.use_local_subchannel_pool': 1,
    'grpc.max_receive_message_length': -1,
  })
  await new Promise<void>((done, fail) =>
    client.waitForReady(parts.clock.now() + reachMs, (error) => {
      if (error === undefined) return done()
      client.close()
      fail(new Error(`the proxy at ${path} cannot be reached: ${error.message}`, { cause: error }))
    }),
  )
  return {
    dial(address) {
      const call = client.makeBidiStreamRequest<Packet, Packet>(method, requestSerialize, responseDeserialize)
      const stream: PacketStream = {
        write: (packet, done) => void call.write(packet, done),
        pause: () => void call.pause(),
        resume: () => void call.resume(),
        end() {
          call.cancel()
          client.close()
        },
      }
      const tunnel = new Tunnel(stream, parts)
      call.on('data', (packet: Packet) => tunnel.receive(packet))
      call.on('error', (error) => tunnel.over(error))
      call.on('end', () => tunnel.over(undefined))
      return tunnel.dial(address)
    },
  }
}

/** One connection through a proxy: what is written goes into packets, and what is read comes out of them. */
export class Tunnel extends Duplex {
  readonly #stream: PacketStream
  readonly #parts: TunnelParts
  readonly #dialId: string
  #connectId: string | undefined
  #answered: ((error: Error | undefined) => void) | undefined
  #isClosing = false
  #isOver = false
  /** The stream was ended from here: what it says after that is of no interest. */
  #isEnded = false
  #closed: (() => void) | undefined

  constructor(stream: PacketStream, parts: TunnelParts) {
    super({ allowHalfOpen: true })
    this.#stream = stream
    this.#parts = parts
    this.#dialId = String(Math.floor(parts.random.next() * Number.MAX_SAFE_INTEGER))
  }

  /** Asks for a connection; resolves with this stream once it is through. */
  async dial(address: string): Promise<Duplex> {
    const answer = new Promise<Error | undefined>((resolve) => {
      this.#answered = resolve
    })
    using _ = this.#parts.clock.after(dialMs, () => {
      this.#send({ type: 'DIAL_CLS', closeDial: { random: this.#dialId } })
      this.#answered?.(new Error('dial timeout, backstop'))
    })
    this.#send({ type: 'DIAL_REQ', dialRequest: { protocol: 'tcp', address, random: this.#dialId } })
    const error = await answer
    this.#answered = undefined
    if (error === undefined) return this
    this.#end()
    throw error
  }

  /** Takes what the proxy sends. */
  receive({ type, dialResponse, data, closeResponse, closeDial }: Packet): void {
    if (type === 'DIAL_RSP' && dialResponse?.random === this.#dialId) {
      const why = dialResponse.error ?? ''
      if (why === '') this.#connectId = dialResponse.connectID
      this.#answered?.(why === '' ? undefined : new Error(why))
    } else if (type === 'DIAL_CLS' && closeDial?.random === this.#dialId) this.#answered?.(new Error('dial closed'))
    else if (type === 'DATA' && data?.connectID === this.#connectId) {
      if (!this.push(data?.data)) this.#stream.pause()
    } else if (type === 'CLOSE_RSP' && closeResponse?.connectID === this.#connectId) {
      const why = closeResponse?.error ?? ''
      this.#finish(why === '' || this.#isClosing ? undefined : new Error(why))
    }
  }

  /** The stream to the proxy has come to its end. */
  over(error: Error | undefined): void {
    if (this.#isEnded) return
    this.#isOver = true
    this.#answered?.(new Error('tunnel closed', error === undefined ? {} : { cause: error }))
    this.#finish(this.#isClosing ? undefined : error)
  }

  override _read(): void {
    this.#stream.resume()
  }
  override _write(chunk: Uint8Array, _encoding: string, done: (error?: Error | null) => void): void {
    if (this.#isOver || this.#connectId === undefined) return done(new Error('tunnel closed'))
    const connectID = this.#connectId
    const send = (from: number): void => {
      const data = chunk.subarray(from, from + packetBytes)
      const next = from + data.length
      this.#stream.write({ type: 'DATA', data: { connectID, data } }, () => (next < chunk.length ? send(next) : done()))
    }
    send(0)
  }
  /** Kubernetes: there are no halves; who has nothing more to say closes the connection. */
  override _final(done: () => void): void {
    this.#close().then(done, done)
  }
  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#close().finally(() => {
      this.#end()
      done(error)
    })
  }

  /** Tells the proxy, and waits a moment for its word that all has come that was to come. */
  async #close(): Promise<void> {
    if (this.#isClosing || this.#isOver || this.#connectId === undefined) return
    this.#isClosing = true
    const answered = new Promise<void>((resolve) => {
      this.#closed = resolve
    })
    using _ = this.#parts.clock.after(closeMs, () => this.#closed?.())
    this.#send({ type: 'CLOSE_REQ', closeRequest: { connectID: this.#connectId } })
    this.#stream.resume()
    await answered
  }

  #finish(error: Error | undefined): void {
    this.#isOver = true
    this.#closed?.()
    if (error !== undefined) this.destroy(error)
    else if (!this.readableEnded && !this.destroyed) this.push(null)
    this.#end()
  }

  #send(packet: Packet): void {
    this.#stream.write(packet, () => {})
  }
  #end(): void {
    this.#isOver = true
    if (this.#isEnded) return
    this.#isEnded = true
    this.#stream.end()
  }
}
