import type { Status } from '../../machinery/index.ts'
import { dialSpdy, type SpdyConnection, type SpdyStream } from '../../wire/index.ts'
import { RuntimeError, type Streams } from '../runtime/runtime.ts'

/** Runs one exec or attach over the runtime's stream server; resolves with the exit code (0 for attach). */
export async function runStreams(url: string, tty: boolean, streams: Streams, signal: AbortSignal): Promise<number> {
  const { connection } = await dialSpdy(url, ['v4.channel.k8s.io'], signal)
  try {
    const errors = connection.open({ streamtype: 'error' })
    const stdin = streams.stdin === undefined ? undefined : connection.open({ streamtype: 'stdin' })
    const stdout = connection.open({ streamtype: 'stdout' })
    const stderr = tty ? undefined : connection.open({ streamtype: 'stderr' })
    const resize = tty && streams.resize !== undefined ? connection.open({ streamtype: 'resize' }) : undefined
    if (stdin !== undefined) void send(streams.stdin!, stdin)
    if (resize !== undefined) void sendSizes(streams.resize!, resize)
    const [status] = await Promise.all([
      textOf(errors),
      receive(stdout, streams.stdout),
      stderr === undefined ? undefined : receive(stderr, streams.stderr),
    ])
    return exitCodeOf(status)
  } catch (error) {
    if (signal.aborted) throw signal.reason
    throw error
  } finally {
    connection.close()
  }
}

/** Carries what a client sends; a client that breaks off has nothing more to send, and nobody waits for this to fail. */
async function send(from: AsyncIterable<Uint8Array>, to: SpdyStream): Promise<void> {
  try {
    for await (const chunk of from) await to.write(chunk)
  } catch {
    // The other side of the pair ends with the client's own stream.
  } finally {
    to.end()
  }
}
async function sendSizes(sizes: NonNullable<Streams['resize']>, to: SpdyStream): Promise<void> {
  const lines = async function* () {
    for await (const { width, height } of sizes)
      yield Buffer.from(`${JSON.stringify({ Width: width, Height: height })}\n`)
  }
  await send(lines(), to)
}
async function receive(from: SpdyStream, to: (chunk: Uint8Array) => void | Promise<void>): Promise<void> {
  for await (const chunk of from) await to(chunk)
}
async function textOf(stream: SpdyStream): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

/** The Status on the error stream: empty or Success is 0, NonZeroExitCode carries the code, all else failed. */
function exitCodeOf(text: string): number {
  if (text === '') return 0
  const status = JSON.parse(text) as Omit<Status, 'reason'> & { readonly reason?: string }
  if (status.status === 'Success') return 0
  const cause = status.details?.causes?.find(({ reason }) => reason === 'ExitCode')
  if (status.reason === 'NonZeroExitCode' && cause !== undefined) return Number(cause.message)
  throw new RuntimeError('failed', status.message ?? text)
}

/** One forwarded TCP connection over an open stream connection; a refusal rejects with the runtime's words. */
export async function forwardPort(
  connection: SpdyConnection,
  port: number,
  incoming: AsyncIterable<Uint8Array>,
  outgoing: (chunk: Uint8Array) => void | Promise<void>,
): Promise<void> {
  const about = { port: String(port), requestid: '1' }
  const errors = connection.open({ streamtype: 'error', ...about })
  // The runtime waits for this half-close before it ends the stream pair.
  errors.end()
  const bytes = connection.open({ streamtype: 'data', ...about })
  void send(incoming, bytes)
  const [refusal] = await Promise.all([textOf(errors), receive(bytes, outgoing)])
  if (refusal !== '') throw new RuntimeError('failed', refusal)
}
