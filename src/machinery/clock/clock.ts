/** The only source of time. Reading Date or a timer outside this folder fails the tidy test. */
export interface Clock {
  /** Wall time in ms since 1970; may jump. */
  now(): number
  /** Milliseconds that never go back. */
  monotonic(): number
  /** Fires once after the delay, unless disposed first. */
  after(delayMs: number, fire: () => void): Disposable
  /** Resolves after the delay; rejects with the signal's reason when it aborts first. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>
}

/** The only source of chance and of identifiers, so that one seed replays a whole cluster. */
export interface Random {
  /** A number in [0, 1). */
  next(): number
  /** An RFC 4122 version 4 identifier. */
  uuid(): string
  /** The tail of a generated name, from Kubernetes' vowel-free alphabet. */
  suffix(length: number): string
}

/** Kubernetes: generated names avoid vowels and look-alikes, so that they spell nothing and are read without error. */
export const suffixAlphabet = 'bcdfghjklmnpqrstvwxz2456789'

/** Wall time as metav1.Time writes it: RFC 3339, UTC, whole seconds. */
export function timestampOf(nowMs: number): string {
  const second = Math.floor(nowMs / 1000)
  if (second !== lastSecond) {
    lastText = `${new Date(nowMs).toISOString().slice(0, 19)}Z`
    lastSecond = second
  }
  return lastText
}
/** The second that was asked for last: every write asks for the same one several times. */
let lastSecond = Number.NaN
let lastText = ''

/** Wall time as metav1.MicroTime writes it: RFC 3339, UTC, six decimals. */
export function microTimestampOf(nowMs: number): string {
  return `${new Date(nowMs).toISOString().slice(0, -1)}000Z`
}

/** Milliseconds of an RFC 3339 timestamp; NaN when it is not one. */
export function msOf(timestamp: string | undefined): number {
  return timestamp === undefined ? Number.NaN : Date.parse(timestamp)
}
