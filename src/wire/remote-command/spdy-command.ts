import type { Duplex } from 'node:stream'
import { SpdyConnection, type SpdyStream } from '../spdy/connection.ts'
import type { CommandStreams, CommandWants, TerminalSize } from './remote-command.ts'

const supported = ['v4.channel.k8s.io', 'v3.channel.k8s.io', 'v2.channel.k8s.io', 'channel.k8s.io']

/** Answers an upgrade to SPDY with the protocol chosen. */
export function switchToSpdy(socket: Duplex, protocol: string): void {
  const lines = ['HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: SPDY/3.1']
  if (protocol !== '') lines.push(`X-Stream-Protocol-Version: ${protocol}`)
  socket.write(`${lines.join('\r\n')}\r\n\r\n`)
}

/** An exec or attach over SPDY: one stream for each end, opened by the client. */
export async function acceptSpdyCommand(
  socket: Duplex,
  head: Uint8Array,
  wants: CommandWants,
  offered: readonly string[],
): Promise<CommandStreams | undefined> {
  const protocol = offered.length === 0 ? '' : offered.find((one) => supported.includes(one))
  if (protocol === undefined)
    throw new Error(
      `unable to upgrade: unable to negotiate protocol: client supports [${offered.join(' ')}], server accepts [${supported.join(' ')}]`,
    )
  const expected = new Set(['error'])
  if (wants.stdin) expected.add('stdin')
  if (wants.stdout) expected.add('stdout')
  if (wants.stderr && !wants.tty) expected.add('stderr')
  // Sizes came with the third version; a client without a terminal of its own may leave the stream out.
  if (wants.tty && !['', 'channel.k8s.io', 'v2.channel.k8s.io'].includes(protocol)) expected.add('resize')
  const gone = new AbortController()
  const opened = new Map<string, SpdyStream>()
  let complete = () => {}
  const all = new Promise<void>((resolve) => (complete = resolve))
  switchToSpdy(socket, protocol)
  const connection = new SpdyConnection(socket, head, (stream) => {
    opened.set(stream.headers['streamtype'] ?? '', stream)
    if ([...expected].every((type) => opened.has(type))) complete()
  })
  void connection.closed.then(() => gone.abort())
  await Promise.race([all, connection.closed])
  if (gone.signal.aborted) return undefined
  const [stdin, resize, errors] = [opened.get('stdin'), opened.get('resize'), opened.get('error')!]
  return {
    ...(stdin === undefined ? {} : { stdin }),
    ...(resize === undefined ? {} : { resize: sizesOf(resize) }),
    stdout: (chunk) => opened.get('stdout')?.write(chunk),
    stderr: (chunk) => opened.get('stderr')?.write(chunk),
    async finish({ status, text }) {
      const told = protocol === 'v4.channel.k8s.io' ? JSON.stringify(status) : text
      if (told !== '') await errors.write(Buffer.from(told))
      for (const type of ['stdout', 'stderr', 'error']) opened.get(type)?.end()
      connection.close()
    },
    signal: gone.signal,
  }
}

/** Terminal sizes as clients send them: one JSON object after the other, in any pieces. */
export async function* sizesOf(chunks: AsyncIterable<Uint8Array>): AsyncIterable<TerminalSize> {
  let text = ''
  for await (const chunk of chunks) {
    text += Buffer.from(chunk).toString('utf8')
    for (let end = text.indexOf('}'); end >= 0; end = text.indexOf('}')) {
      const size = parseSize(text.slice(0, end + 1))
      text = text.slice(end + 1)
      if (size !== undefined) yield size
    }
  }
}
function parseSize(text: string): TerminalSize | undefined {
  try {
    const { Width, Height } = JSON.parse(text) as { Width?: number; Height?: number }
    return Number.isInteger(Width) && Number.isInteger(Height) ? { width: Width!, height: Height! } : undefined
  } catch {
    return undefined
  }
}
