import { type FileHandle, open, stat } from 'node:fs/promises'
import type { Clock } from '../../machinery/index.ts'

/** Which lines of a container's log, and how. */
export interface LogOptions {
  readonly follow: boolean
  readonly timestamps: boolean
  readonly tailLines?: number
  readonly sinceMs?: number
  readonly limitBytes?: number
  readonly stream?: 'stdout' | 'stderr'
}
export interface LogParts {
  readonly clock: Clock
  /** Whether the container may still write: when not, following ends at the end of the file. */
  isRunning(): Promise<boolean>
}
const blockBytes = 64 * 1024
const pollMs = 100
/** Whether the container still runs costs a call: not asked on every poll. */
const runningPollsMax = 10

/** The log of a container, decoded from the runtime's format; with `follow`, until the container or the signal ends. */
export async function* readLog(
  path: string,
  options: LogOptions,
  { clock, isRunning }: LogParts,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  let file = await open(path, 'r')
  try {
    const { tailLines, follow } = options
    const tail = tailLines === undefined ? undefined : await tailOf(file, tailLines)
    let at = tail?.start ?? 0
    // Kubernetes: so many lines and no more, though others may be written meanwhile.
    const end = tail === undefined || follow ? Number.POSITIVE_INFINITY : tail.end
    const decoder = new LineDecoder(options)
    let idlePolls = 0
    let last = false
    for (;;) {
      const { bytesRead, buffer } = await file.read(
        Buffer.allocUnsafe(blockBytes),
        0,
        Math.min(blockBytes, end - at),
        at,
      )
      at += bytesRead
      for (const piece of decoder.decode(buffer.subarray(0, bytesRead))) yield piece
      if (decoder.full || signal.aborted) return
      if (bytesRead > 0) continue
      if (!follow || last) return
      const next = await rotated(file, path)
      if (next !== undefined) {
        await file.close()
        file = next
        at = 0
        continue
      }
      // What was written just before the end is read in one more round.
      if (idlePolls++ % runningPollsMax === 0) last = !(await isRunning())
      if (!last) await clock.sleep(pollMs, signal).catch(() => {})
    }
  } finally {
    await file.close()
  }
}

/** The new file, when the open one has been renamed and another has taken its place. */
async function rotated(file: FileHandle, path: string): Promise<FileHandle | undefined> {
  const [own, there] = [await file.stat(), await stat(path).catch(() => undefined)]
  return there === undefined || there.ino === own.ino ? undefined : open(path, 'r')
}

/** Where the last so many lines begin and end. */
async function tailOf(file: FileHandle, lines: number): Promise<{ readonly start: number; readonly end: number }> {
  const { size } = await file.stat()
  if (lines === 0) return { start: size, end: size }
  let found = 0
  for (let end = size; end > 0; end -= blockBytes) {
    const from = Math.max(0, end - blockBytes)
    const { buffer } = await file.read(Buffer.alloc(end - from), 0, end - from, from)
    for (let index = buffer.length - 1; index >= 0; index--) {
      if (buffer[index] !== 0x0a || from + index === size - 1) continue
      if (++found === lines) return { start: from + index + 1, end: size }
    }
  }
  return { start: 0, end: size }
}

/** Turns lines `time stream tag text` into what users see; lines cut by the runtime are joined again. */
class LineDecoder {
  readonly #options: LogOptions
  #rest: Buffer = Buffer.alloc(0)
  #left: number
  #inPart = { stdout: false, stderr: false }

  constructor(options: LogOptions) {
    this.#options = options
    this.#left = options.limitBytes ?? Number.POSITIVE_INFINITY
  }
  /** Whether the byte limit has been reached. */
  get full(): boolean {
    return this.#left <= 0
  }

  *decode(chunk: Uint8Array): Iterable<Uint8Array> {
    const bytes = Buffer.concat([this.#rest, chunk])
    let from = 0
    const pieces: Buffer[] = []
    for (let end = bytes.indexOf(0x0a, from); end >= 0; end = bytes.indexOf(0x0a, from)) {
      const piece = this.#line(bytes.subarray(from, end))
      if (piece !== undefined) pieces.push(piece)
      from = end + 1
    }
    this.#rest = Buffer.from(bytes.subarray(from))
    if (pieces.length === 0) return
    const out = Buffer.concat(pieces).subarray(0, Math.min(this.#left, Number.MAX_SAFE_INTEGER))
    this.#left -= out.length
    yield out
  }

  #line(line: Buffer): Buffer | undefined {
    const first = line.indexOf(0x20)
    const second = line.indexOf(0x20, first + 1)
    const third = line.indexOf(0x20, second + 1)
    if (first < 0 || second < 0 || third < 0) return undefined
    const time = line.toString('latin1', 0, first)
    const stream = line.toString('latin1', first + 1, second) as 'stdout' | 'stderr'
    const isPart = line[second + 1] === 0x50
    const { sinceMs, timestamps, stream: wanted } = this.#options
    const begins = !this.#inPart[stream]
    this.#inPart[stream] = isPart
    if (sinceMs !== undefined && Date.parse(time) < sinceMs) return undefined
    if (wanted !== undefined && wanted !== stream) return undefined
    const prefix = timestamps && begins ? `${time} ` : ''
    return Buffer.concat([Buffer.from(prefix), line.subarray(third + 1), Buffer.from(isPart ? '' : '\n')])
  }
}
