/** Where a span stands in a trace, as W3C Trace Context passes it on. */
export interface TraceContext {
  /** 32 hexadecimal digits, not all 0. */
  readonly traceId: string
  /** 16 hexadecimal digits, not all 0. */
  readonly spanId: string
  readonly sampled: boolean
}

/** Reads a `traceparent` header; undefined when it is none. W3C: later versions may have more behind, version ff is none. */
export function parseTraceparent(text: string | undefined): TraceContext | undefined {
  const found = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/.exec(text?.trim() ?? '')
  if (found === null) return undefined
  const [, version, traceId = '', spanId = '', flags = '', more] = found
  if (version === 'ff' || (version === '00' && more !== undefined)) return undefined
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 }
}

export function traceparentOf({ traceId, spanId, sampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`
}

/** Whether a trace is among so many of a million: the same answer for the same trace, wherever it is asked. */
export function isSampled(traceId: string, perMillion: number): boolean {
  // OpenTelemetry (TraceIDRatioBased): the upper 63 bits of the second half are compared with the share.
  const value = BigInt(`0x${traceId.slice(16)}`) >> 1n
  return value < (BigInt(perMillion) * (1n << 63n)) / 1_000_000n
}
