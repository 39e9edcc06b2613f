import {
  type Clock,
  type CounterSeries,
  httpMethods,
  type Metrics,
  type Series,
  StatusError,
  type Transport,
} from '../../machinery/index.ts'

const buckets = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60]

/** The same transport, its calls counted and timed as Kubernetes' clients do. `host` is where the server is. */
export function measuredTransport(
  transport: Transport,
  { clock, metrics, host }: { readonly clock: Clock; readonly metrics: Metrics; readonly host: string },
): Transport {
  const total = metrics.counter(
    'rest_client_requests_total',
    'Number of HTTP requests, partitioned by status code, method, and host.',
  )
  const durations = metrics.histogram(
    'rest_client_request_duration_seconds',
    'Request latency in seconds. Broken down by verb, and host.',
    buckets,
  )
  const known = new Map<string, { readonly total: CounterSeries; readonly seconds: Series }>()
  const note = (method: string, code: number, seconds: number) => {
    const key = `${method} ${code}`
    let of = known.get(key)
    if (of === undefined) {
      of = {
        total: total.series({ code: String(code), host, method }),
        seconds: durations.series({ host, verb: method }),
      }
      known.set(key, of)
    }
    of.total.inc()
    of.seconds.observe(seconds)
  }
  return async (call, signal) => {
    const method = httpMethods[call.verb]
    const startedMs = clock.monotonic()
    const took = () => (clock.monotonic() - startedMs) / 1000
    try {
      const reply = await transport(call, signal)
      note(method, reply.code, took())
      return reply
    } catch (error) {
      if (error instanceof StatusError) note(method, error.code, took())
      throw error
    }
  }
}
