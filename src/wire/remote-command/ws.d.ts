/** The part of the ws package that is used here. */
declare module 'ws' {
  import type { IncomingMessage } from 'node:http'
  import type { Duplex } from 'node:stream'

  export class WebSocket {
    constructor(url: string, protocols: readonly string[], options?: object)
    readonly OPEN: number
    readonly protocol: string
    readonly readyState: number
    readonly bufferedAmount: number
    on(event: 'message', listener: (payload: Buffer, isBinary: boolean) => void): this
    on(event: 'close' | 'open', listener: () => void): this
    on(event: 'error', listener: (error: Error) => void): this
    send(payload: Uint8Array | string, done?: () => void): void
    close(code?: number): void
    terminate(): void
    pause(): void
    resume(): void
  }
  export class WebSocketServer {
    constructor(options: {
      readonly noServer: boolean
      readonly maxPayload: number
      readonly perMessageDeflate: boolean
      readonly handleProtocols: () => string | false
    })
    on(event: 'headers', listener: (headers: string[]) => void): this
    handleUpgrade(message: IncomingMessage, socket: Duplex, head: Buffer, done: (webSocket: WebSocket) => void): void
  }
  export function createWebSocketStream(webSocket: WebSocket): Duplex
}
