import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { offeredProtocols, refuseUpgrade } from './protocols.ts'
import { ChunkQueue } from './queue.ts'
import type { CommandStreams, CommandWants } from './remote-command.ts'
import { sizesOf } from './spdy-command.ts'
import { bytesOf, sendMessage, upgradeWebSocket } from './web-socket.ts'

/** What a subprotocol means: text or bytes, a Status at the end or not, a way to end stdin or not. */
interface Dialect {
  readonly base64: boolean
  readonly status: boolean
  readonly closes: boolean
}
const dialects: Readonly<Record<string, Dialect>> = {
  'v5.channel.k8s.io': { base64: false, status: true, closes: true },
  'v4.channel.k8s.io': { base64: false, status: true, closes: false },
  'v4.base64.channel.k8s.io': { base64: true, status: true, closes: false },
  'channel.k8s.io': { base64: false, status: false, closes: false },
  'base64.channel.k8s.io': { base64: true, status: false, closes: false },
  '': { base64: false, status: false, closes: false },
}
const stdinChannel = 0
const stdoutChannel = 1
const stderrChannel = 2
const errorChannel = 3
const resizeChannel = 4
/** In the fifth version: closes the channel whose number is in the next byte. */
const closeChannel = 255
/** Messages of stdin that may wait to be read. */
const unreadMax = 64

/** An exec or attach over WebSocket: every message begins with the number of its channel. */
export async function acceptWebSocketCommand(
  message: IncomingMessage,
  socket: Duplex,
  head: Uint8Array,
  wants: CommandWants,
): Promise<CommandStreams | undefined> {
  const offered = offeredProtocols(message, 'sec-websocket-protocol')
  const protocol = offered.length === 0 ? '' : offered.find((one) => dialects[one] !== undefined)
  if (protocol === undefined) {
    refuseUpgrade(socket, 403, `unsupported subprotocols: ${offered.join(', ')}`)
    return undefined
  }
  const dialect = dialects[protocol]!
  const webSocket = await upgradeWebSocket(message, socket, head, protocol)
  const gone = new AbortController()
  const stdin = new ChunkQueue<Uint8Array>()
  const sizes = new ChunkQueue<Uint8Array>()
  let paused = false
  webSocket.on('message', (payload) => {
    const [channel, bytes] = parse(bytesOf(payload as Buffer), dialect)
    if (channel === stdinChannel) stdin.push(bytes)
    else if (channel === resizeChannel) sizes.push(bytes)
    else if (channel === closeChannel && dialect.closes && bytes[0] === stdinChannel) stdin.end()
    // What the client types faster than the container reads waits here, and no further.
    if (stdin.length > unreadMax && !paused) {
      paused = true
      webSocket.pause()
      void stdin.drained(unreadMax / 4).then(() => {
        paused = false
        webSocket.resume()
      })
    }
  })
  webSocket.on('close', () => {
    stdin.end()
    sizes.end()
    gone.abort()
  })
  const send = (channel: number, bytes: Uint8Array) => sendMessage(webSocket, render(channel, bytes, dialect))
  // Kubernetes: an empty first message tells the client that all is connected.
  void send(wants.stdout ? stdoutChannel : wants.stderr ? stderrChannel : errorChannel, new Uint8Array(0))
  return {
    ...(wants.stdin ? { stdin } : {}),
    ...(wants.tty ? { resize: sizesOf(sizes) } : {}),
    stdout: (chunk) => (wants.stdout ? send(stdoutChannel, chunk) : undefined),
    stderr: (chunk) => (wants.stderr && !wants.tty ? send(stderrChannel, chunk) : undefined),
    async finish({ status, text }) {
      const told = dialect.status ? JSON.stringify(status) : text
      if (told !== '') await send(errorChannel, Buffer.from(told))
      webSocket.close(1000)
    },
    signal: gone.signal,
  }
}

function parse(payload: Buffer, { base64 }: Dialect): [channel: number, bytes: Uint8Array] {
  if (payload.length === 0) return [-1, payload]
  if (!base64) return [payload[0]!, payload.subarray(1)]
  return [payload[0]! - 0x30, Buffer.from(payload.toString('latin1', 1), 'base64')]
}
function render(channel: number, bytes: Uint8Array, { base64 }: Dialect): Uint8Array | string {
  if (base64) return `${channel}${Buffer.from(bytes).toString('base64')}`
  const message = Buffer.allocUnsafe(bytes.length + 1)
  message[0] = channel
  message.set(bytes, 1)
  return message
}
