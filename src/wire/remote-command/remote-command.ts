import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { offeredProtocols, refuseUpgrade, wantsWebSocket } from './protocols.ts'
import { acceptSpdyCommand } from './spdy-command.ts'
import { acceptWebSocketCommand } from './web-socket-command.ts'

/** Which streams a client asked for. */
export interface CommandWants {
  readonly stdin: boolean
  readonly stdout: boolean
  readonly stderr: boolean
  readonly tty: boolean
}
export interface TerminalSize {
  readonly width: number
  readonly height: number
}
/** How a command ended, as the error stream tells it. */
export interface CommandEnd {
  /** A metav1.Status, for clients that read one. */
  readonly status: object
  /** The same for older clients: nothing when all went well. */
  readonly text: string
}
/** A client's ends of an exec or attach, whatever it speaks. */
export interface CommandStreams {
  readonly stdin?: AsyncIterable<Uint8Array>
  readonly resize?: AsyncIterable<TerminalSize>
  stdout(chunk: Uint8Array): void | Promise<void>
  stderr(chunk: Uint8Array): void | Promise<void>
  /** Tells how it ended and closes. */
  finish(end: CommandEnd): Promise<void>
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal
}

/** Completes the upgrade of an exec or attach; undefined when it was refused. */
export async function acceptCommand(
  message: IncomingMessage,
  socket: Duplex,
  head: Uint8Array,
  wants: CommandWants,
): Promise<CommandStreams | undefined> {
  if (wantsWebSocket(message)) return acceptWebSocketCommand(message, socket, head, wants)
  const offered = offeredProtocols(message, 'x-stream-protocol-version')
  return acceptSpdyCommand(socket, head, wants, offered).catch((error: Error) => {
    refuseUpgrade(socket, 403, error.message)
    return undefined
  })
}
