import type { Aggregator, Remote } from '../aggregation/aggregator.ts'
import { connectExtension, type ExtensionParts, identityHeaders } from '../aggregation/extension.ts'
import type { Identity } from '../request.ts'
import type { HttpConnection } from '../streams/connections.ts'

/** The way on for requests about group versions that other servers serve. */
export interface Aggregation {
  readonly aggregator: Aggregator
  readonly parts: ExtensionParts
}

/** The extension server a path belongs to: `/apis/GROUP/VERSION` and all below, and its part of OpenAPI v3. */
export function remoteOf({ aggregator }: Aggregation, path: string): Remote | undefined {
  const own = path.startsWith('/openapi/v3/') ? path.slice('/openapi/v3'.length) : path
  const [, root, first = '', second = ''] = own.split('/')
  if (root === 'apis') return aggregator.remote(first, second)
  return root === 'api' ? aggregator.remote('', first) : undefined
}

/** A connection to it, and the headers that tell it who is calling; undefined while it is not available. */
export async function forwardTo(
  { parts }: Aggregation,
  remote: Remote,
  identity: Identity,
): Promise<
  | { readonly connection: HttpConnection; readonly headers: Readonly<Record<string, string | readonly string[]>> }
  | undefined
> {
  if (!remote.available) return undefined
  try {
    return { connection: await connectExtension(remote.service, parts), headers: identityHeaders(identity) }
  } catch {
    return undefined
  }
}
