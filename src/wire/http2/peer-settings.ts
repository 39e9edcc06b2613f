import { ConnectionError, codes, defaultWindow, frameBytesMax, settings, windowMax } from './codes.ts'

const largestFrame = 0xff_ffff

/** What the other side has said about how it wants to be sent to. */
export class PeerSettings {
  frameBytesMax: number = frameBytesMax
  /** How much may be sent on a new stream. */
  streamWindow = defaultWindow
  /** Whether the last settings said how many headers are remembered. */
  hasNewTableSize = false

  /** Takes settings over; answers how much larger the windows of streams are by them. Throws ConnectionError. */
  take(payload: Buffer): number {
    const before = this.streamWindow
    this.hasNewTableSize = false
    for (let at = 0; at < payload.length; at += 6) this.#set(payload.readUInt16BE(at), payload.readUInt32BE(at + 2))
    return this.streamWindow - before
  }

  #set(name: number, value: number): void {
    switch (name) {
      case settings.headerTableSize:
        this.hasNewTableSize = true
        break
      case settings.enablePush:
        if (value > 1) throw new ConnectionError(codes.protocol, 'push is on or off')
        break
      case settings.initialWindowSize:
        if (value > windowMax) throw new ConnectionError(codes.flowControl, 'a window is too large')
        this.streamWindow = value
        break
      case settings.maxFrameSize:
        if (value < frameBytesMax || value > largestFrame)
          throw new ConnectionError(codes.protocol, 'frames cannot be that large')
        // Larger ones would only make others wait longer.
        this.frameBytesMax = Math.min(value, 2 * frameBytesMax)
    }
  }
}
