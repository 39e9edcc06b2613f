import type { AuditEvent, AuditSink, NetworkConnection } from '../../apiserver/index.ts'
import type { HttpCredentials } from '../../client/index.ts'
import { type Clock, isIp, parseDuration } from '../../machinery/index.ts'
import type { AuditWebhookOptions } from '../config/audit.ts'

export interface WebhookSinkParts {
  readonly clock: Clock
  readonly connectNetwork: NetworkConnection
  readonly credentials: HttpCredentials
  readonly options: AuditWebhookOptions
  /** Told of events that will not arrive. */
  readonly onLost: (count: number, error: unknown) => void
}

/** Kubernetes: at most so many batches a second, after a burst. */
const batchesPerSecond = 10
const burst = 15
/** Kubernetes: a batch is tried so often, the time between growing by half. */
const tries = 5
const growth = 1.5
const requestTimeoutMs = 30_000
/** What is left at the end must not hold it up. */
const lastTimeoutMs = 2_000

/** Sends events in batches (audit.k8s.io/v1 EventList); what is still waiting when the signal aborts is sent at once. */
export function webhookSink(
  parts: WebhookSinkParts,
  signal: AbortSignal,
): { readonly sink: AuditSink; readonly ended: Promise<void> } {
  const { clock, options, onLost } = parts
  const { mode = 'batch' } = options
  if (mode !== 'batch')
    return { sink: blockingSink(parts, mode === 'blocking-strict', signal), ended: Promise.resolve() }
  const bufferMax = options.batchBufferSize ?? 10_000
  const batchMax = options.batchMaxSize ?? 400
  const waitMs = parseDuration(options.batchMaxWait ?? '30s')
  const backoffMs = parseDuration(options.initialBackoff ?? '10s')
  let waiting: AuditEvent[] = []
  let wake = () => {}
  let tokens = burst
  let refilledMs = clock.monotonic()

  async function throttle(): Promise<void> {
    const nowMs = clock.monotonic()
    tokens = Math.min(burst, tokens + ((nowMs - refilledMs) / 1000) * batchesPerSecond)
    refilledMs = nowMs
    tokens -= 1
    if (tokens < 0) await clock.sleep((-tokens / batchesPerSecond) * 1000, signal).catch(() => {})
  }

  async function deliver(batch: readonly AuditEvent[]): Promise<void> {
    const body = Buffer.from(JSON.stringify({ kind: 'EventList', apiVersion: 'audit.k8s.io/v1', items: batch }))
    for (let attempt = 1, pauseMs = backoffMs; ; attempt += 1, pauseMs *= growth) {
      try {
        return await post(parts, body, signal.aborted ? lastTimeoutMs : requestTimeoutMs)
      } catch (error) {
        if (signal.aborted) {
          // Whoever does not answer now will not be waited for once more.
          onLost(batch.length + waiting.length, error)
          waiting = []
          return
        }
        if (attempt === tries) return onLost(batch.length, error)
        await clock.sleep(pauseMs, signal).catch(() => {})
      }
    }
  }

  /** Resolves once a batch is full, has waited long enough, or nothing more will come. */
  async function batchReady(): Promise<void> {
    const isDue = () => waiting.length >= batchMax || signal.aborted
    while (waiting.length === 0 && !signal.aborted) await new Promise<void>((resolve) => (wake = resolve))
    if (isDue()) return
    const enough = new AbortController()
    const ended = AbortSignal.any([enough.signal, signal])
    wake = () => {
      if (isDue()) enough.abort()
    }
    await clock.sleep(waitMs, ended).catch(() => {})
  }

  async function run(): Promise<void> {
    while (!signal.aborted || waiting.length > 0) {
      await batchReady()
      const batch = waiting.slice(0, batchMax)
      waiting = waiting.slice(batchMax)
      if (batch.length === 0) continue
      await throttle()
      await deliver(batch)
    }
  }
  signal.addEventListener('abort', () => wake(), { once: true })
  let isOver = false
  const ended = run()
    .catch((error: unknown) => onLost(waiting.length, error))
    .finally(() => {
      isOver = true
    })
  const sink: AuditSink = {
    write(event) {
      if (isOver || waiting.length >= bufferMax) return onLost(1, new Error('audit webhook queue blocked'))
      waiting.push(event)
      wake()
    },
  }
  return { sink, ended }
}

/** Sends every event at once, and lets the request wait for it. Kubernetes: failures keep no request unless that is strictly wanted. */
function blockingSink(parts: WebhookSinkParts, isStrict: boolean, signal: AbortSignal): AuditSink {
  const { clock, options, onLost } = parts
  const backoffMs = parseDuration(options.initialBackoff ?? '10s')
  return {
    async write(event) {
      const body = Buffer.from(JSON.stringify({ kind: 'EventList', apiVersion: 'audit.k8s.io/v1', items: [event] }))
      for (let attempt = 1, pauseMs = backoffMs; ; attempt += 1, pauseMs *= growth) {
        try {
          await post(parts, body, signal.aborted ? lastTimeoutMs : requestTimeoutMs)
          return true
        } catch (error) {
          if (attempt < tries && isPassing(error) && !signal.aborted) {
            await clock.sleep(pauseMs, signal).catch(() => {})
            continue
          }
          onLost(1, error)
          return !isStrict
        }
      }
    },
  }
}

/** Kubernetes: what is worth another try: a server that says so, or a connection that broke. */
function isPassing(error: unknown): boolean {
  if (error instanceof AnswerError) return [429, 500, 504].includes(error.status)
  return (error as NodeJS.ErrnoException).code === 'ECONNRESET'
}

class AnswerError extends Error {
  override name = 'AnswerError'
  readonly status: number
  constructor(status: number) {
    super(`the webhook answered ${status}`)
    this.status = status
  }
}

/** Kubernetes: anything but a success is a failure, tried again. */
async function post(
  { clock, credentials, connectNetwork }: WebhookSinkParts,
  body: Uint8Array,
  timeoutMs: number,
): Promise<void> {
  const { server, ca, cert, key, token } = credentials
  const url = new URL(server)
  const tls = url.protocol === 'https:'
  const connection = connectNetwork({
    host: url.hostname,
    port: Number(url.port === '' ? (tls ? 443 : 80) : url.port),
    tls,
    egress: 'controlplane',
    ...(tls && !isIp(url.hostname) ? { serverName: url.hostname } : {}),
    ...(ca !== undefined ? { ca } : credentials.insecure === true ? {} : { trust: 'system' }),
    ...(cert === undefined || key === undefined ? {} : { client: { cert, key } }),
  })
  const stop = new AbortController()
  using _timer = clock.after(timeoutMs, () => stop.abort(new Error('the webhook did not answer in time')))
  const answer = await connection.request(
    {
      method: 'POST',
      path: `${url.pathname}${url.search}`,
      headers: {
        host: url.host,
        'content-type': 'application/json',
        'content-length': String(body.length),
        ...(token === undefined ? {} : { authorization: `Bearer ${token()}` }),
      },
      body: one(body),
    },
    stop.signal,
  )
  for await (const _ of answer.body) {
    // The answer's text says nothing that matters; it is read so that the connection ends.
  }
  if (answer.status >= 300) throw new AnswerError(answer.status)
}

async function* one(body: Uint8Array): AsyncIterable<Uint8Array> {
  yield body
}
