import { type ApiCall, type Clock, internalError, type Random, StatusError } from '../../machinery/index.ts'
import { objectOfResult } from '../handle/objects.ts'
import type { Identity, Result } from '../request.ts'
import type { AuditedCall, AuditRecord } from './auditor.ts'

/** A call of this process, as it would have looked over the wire. */
export function auditedCall(
  { clock, random }: { readonly clock: Clock; readonly random: Random },
  call: ApiCall,
  identity: Identity,
  userAgent: string,
): AuditedCall {
  const { verb, group, version, resource, subresource = '', namespace = '', name = '' } = call
  const path = [
    group === '' ? `/api/${version}` : `/apis/${group}/${version}`,
    ...(namespace === '' ? [] : [`namespaces/${namespace}`]),
    resource,
    ...(name === '' ? [] : [name]),
    ...(subresource === '' ? [] : [subresource]),
  ].join('/')
  const query = new URLSearchParams({ ...call.query, ...(verb === 'watch' ? { watch: 'true' } : {}) }).toString()
  return {
    id: random.uuid(),
    identity,
    verb,
    path,
    uri: query === '' ? path : `${path}?${query}`,
    userAgent,
    sourceIPs: ['127.0.0.1'],
    receivedMs: clock.now(),
    resource: { group, version, resource, subresource, namespace, name },
  }
}

/** Carries out a call of this process and writes down how it ended. */
export async function audited(record: AuditRecord | undefined, run: () => Promise<Result>): Promise<Result> {
  if (record === undefined) return run()
  let result: Result
  try {
    await record.received()
    result = await run()
  } catch (error) {
    const { status } = error instanceof StatusError ? error : internalError(error)
    record.answered(status.code ?? 500, status)
    record.reach('ResponseComplete')
    throw error
  }
  noteResult(record, result)
  if (result.type === 'watch') {
    record.reach('ResponseStarted')
    return { ...result, events: untilEnd(result.events, () => record.reach('ResponseComplete')) }
  }
  record.reach('ResponseComplete')
  return result
}

async function* untilEnd<T>(items: AsyncIterable<T>, onEnd: () => void): AsyncIterable<T> {
  try {
    yield* items
  } finally {
    onEnd()
  }
}

/** Notes what a request came to. */
export function noteResult(record: AuditRecord, result: Result): void {
  const code = result.type === 'object' || result.type === 'value' ? result.code : 200
  record.answered(code, undefined, record.wantsResponse ? objectOfResult(result) : undefined)
}
