import { ConnectionError, codes, windowMax } from './codes.ts'

/** A window with as many bytes more, or less. Throws where it would be larger than windows may be. */
export function added(window: number, bytes: number): number {
  if (window + bytes > windowMax) throw new ConnectionError(codes.flowControl, 'a window is too large')
  return window + bytes
}
