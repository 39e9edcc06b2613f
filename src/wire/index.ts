/** Wire: bytes to requests and back (TLS, HTTP/1.1, HTTP/2, WebSocket, SPDY). Knows neither Kubernetes nor pods. */
export { type Front, type FrontOptions, openFront } from './front/front.ts'
export {
  BodyTooLargeError,
  type RequestHandler,
  type UpgradeHandler,
  type WireReply,
  type WireRequest,
} from './front/request.ts'
export { acceptMessageSocket, type MessageSocket } from './remote-command/message-socket.ts'
export { acceptOneWay, type OneWayStream } from './remote-command/one-way.ts'
export { acceptPortForward, type ForwardedPort, type ForwardPort } from './remote-command/port-forward.ts'
export { refuseUpgrade, wantsWebSocket } from './remote-command/protocols.ts'
export { ChunkQueue } from './remote-command/queue.ts'
export {
  acceptCommand,
  type CommandEnd,
  type CommandStreams,
  type CommandWants,
  type TerminalSize,
} from './remote-command/remote-command.ts'
export { SpdyConnection, SpdyStream } from './spdy/connection.ts'
export { dialSpdy, type SpdyDialed } from './spdy/dial.ts'
export type { SpdyHeaders } from './spdy/headers.ts'
