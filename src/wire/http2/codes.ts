/** What frames are (RFC 9113, section 6). */
export const frames = {
  data: 0,
  headers: 1,
  priority: 2,
  resetStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const
export const frameHeaderBytes = 9
/** The largest frame that may be sent to whoever has not said otherwise, and that is taken here. */
export const frameBytesMax = 16_384

export const flags = { endStream: 1, acknowledged: 1, endHeaders: 4, padded: 8, priority: 32 } as const

export const settings = {
  headerTableSize: 1,
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  maxHeaderListSize: 6,
} as const

/** Why a stream or connection ends (RFC 9113, section 7). */
export const codes = {
  none: 0,
  protocol: 1,
  internal: 2,
  flowControl: 3,
  streamClosed: 5,
  frameSize: 6,
  refused: 7,
  cancel: 8,
  compression: 9,
  enhanceYourCalm: 11,
} as const
export type Code = (typeof codes)[keyof typeof codes]

/** How much may be sent before the receiver says more, at first and at most. */
export const defaultWindow = 65_535
export const windowMax = 0x7fff_ffff

/** What the whole connection ends of. */
export class ConnectionError extends Error {
  override name = 'ConnectionError'
  readonly code: Code

  constructor(code: Code, message: string) {
    super(message)
    this.code = code
  }
}

/** Headers that cannot be unpacked: nobody knows then what later ones mean. */
export class HeaderError extends ConnectionError {
  override name = 'HeaderError'

  constructor(message: string) {
    super(codes.compression, message)
  }
}
