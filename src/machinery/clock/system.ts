import { type Clock, type Random, suffixAlphabet } from './clock.ts'
import { sleepOn } from './manual.ts'

/** Timers longer than this are set again in steps: Node fires anything above 2^31-1 ms at once. */
const timerMsMax = 2 ** 31 - 1

/** The machine's own time. */
export function systemClock(): Clock {
  const after = (delayMs: number, fire: () => void): Disposable => {
    // A timer waits a millisecond at least; who asks for none only lets others have their turn.
    if (delayMs <= 0) {
      const turn = setImmediate(fire)
      return { [Symbol.dispose]: () => clearImmediate(turn) }
    }
    if (delayMs <= timerMsMax) {
      const timer = setTimeout(fire, delayMs)
      return { [Symbol.dispose]: () => clearTimeout(timer) }
    }
    let timer: ReturnType<typeof setTimeout>
    const arm = (leftMs: number) => {
      timer =
        leftMs > timerMsMax
          ? setTimeout(() => arm(leftMs - timerMsMax), timerMsMax)
          : setTimeout(fire, Math.max(0, leftMs))
    }
    arm(delayMs)
    return { [Symbol.dispose]: () => clearTimeout(timer) }
  }
  // What every global is read through costs more than the reading of the clock.
  const own = performance
  return {
    now: () => Date.now(),
    monotonic: () => own.now(),
    after,
    sleep: (delayMs, signal) => sleepOn(after, delayMs, signal),
  }
}

/** The machine's own chance, good enough for identifiers and names; keys are made by the Signer, not by this. */
export function systemRandom(): Random {
  let own: typeof crypto | undefined
  return {
    next: () => Math.random(),
    uuid: () => (own ??= crypto).randomUUID(),
    suffix(length) {
      const bytes = crypto.getRandomValues(new Uint8Array(length))
      return Array.from(bytes, (byte) => suffixAlphabet[byte % suffixAlphabet.length]).join('')
    },
  }
}
