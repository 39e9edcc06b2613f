import type { WireReply, WireRequest } from '../../wire/index.ts'
import type { Kubelet } from '../kubelet.ts'
import type { UsageParts } from './usage.ts'

/** One request to the kubelet, and what answering it takes. */
export interface Call {
  readonly kubelet: Kubelet
  readonly request: WireRequest
  readonly reply: WireReply
  readonly search: URLSearchParams
  /** What follows the route's own name in the path. */
  readonly rest: readonly string[]
  readonly usage: UsageParts
}

/** Answers with a text. */
export function plain(reply: WireReply, status: number, text: string): void {
  reply.head(status, { 'content-type': 'text/plain; charset=utf-8' })
  reply.end(text)
}
/** Answers with a value as JSON. */
export function json(reply: WireReply, value: unknown): void {
  reply.head(200, { 'content-type': 'application/json' })
  reply.end(JSON.stringify(value))
}
