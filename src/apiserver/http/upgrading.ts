import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { badRequest } from '../../machinery/index.ts'
import { acceptMessageSocket, type WireRequest, wantsWebSocket } from '../../wire/index.ts'
import { notServed } from '../handle/handle.ts'
import { forwardOf } from '../streams/streams.ts'
import { remoteOf } from './aggregate.ts'
import { ask } from './asking.ts'
import { asksToWatch, authorizeRoute, type Caller } from './caller.ts'
import { admitConnect, splice, switchingProtocols, upgradeRemote } from './forwarding.ts'
import type { ServeParts } from './parts.ts'
import { eventMessages } from './render.ts'
import type { Route } from './route.ts'

/** A connection that asks to become something else, and who asks. */
export interface Upgrade {
  readonly request: WireRequest
  readonly url: URL
  readonly route: Route
  readonly message: IncomingMessage
  readonly socket: Duplex
  readonly head: Buffer
  readonly caller: Caller
}

/** Agrees to an upgrade; resolves once the connection is what it was to be. `onEnd` is told when it is over. */
export async function upgrade(parts: ServeParts, upgrade: Upgrade, onEnd: () => void): Promise<void> {
  const { request, url, route, message, socket, head, caller } = upgrade
  const remote = remoteOf(parts.aggregation, url.pathname)
  if (remote !== undefined)
    return upgradeRemote(parts, remote, request, url, route, message, socket, head, caller, onEnd)
  if (route.type !== 'resource') throw notServed()
  if (asksToWatch(route, url.searchParams)) return watchOver(parts, upgrade, onEnd)
  await authorizeRoute(parts, caller, route, request.method === 'POST' ? 'create' : 'get')
  await admitConnect(parts, caller, route, url.searchParams)
  const forward = await forwardOf(route, url.searchParams, parts.streams)
  if (forward === undefined) throw badRequest('Upgrade request required')
  await splice(forward, message, socket, head, request.signal, onEnd)
  caller.audit?.started(switchingProtocols)
}

/** A watch over a WebSocket: each event is one message, of text where the encoding is text. What the client says is ignored. */
async function watchOver(
  parts: ServeParts,
  { request, url, route, message, socket, head, caller }: Upgrade,
  onEnd: () => void,
): Promise<void> {
  const definition = route.type === 'resource' ? parts.resourceFor(route) : undefined
  if (definition === undefined || route.type !== 'resource') throw notServed()
  if (!wantsWebSocket(message)) throw badRequest('Upgrade request required')
  // A token that came as a protocol is no protocol to agree to.
  const offered = (message.headers['sec-websocket-protocol'] ?? '').split(',').map((one) => one.trim())
  const [protocol = '', ...others] = offered.filter((one) => !one.startsWith('base64url.bearer.'))
  if (others.length > 0) throw badRequest('one WebSocket protocol at most can be agreed to')
  const gone = new AbortController()
  const signal = AbortSignal.any([request.signal, gone.signal])
  const answered = await ask(parts, { ...request, signal }, url, route, definition, caller, [])
  const { result, form, query } = answered
  if (result.type !== 'watch') throw badRequest('Upgrade request required')
  const client = await acceptMessageSocket(message, socket, head, protocol)
  client.signal.addEventListener('abort', () => gone.abort(), { once: true })
  if (client.signal.aborted) gone.abort()
  caller.audit?.started(switchingProtocols)
  const send = async () => {
    for await (const one of eventMessages(result, { form, query, headers: {}, clock: parts.clock })) {
      if (client.signal.aborted) break
      await client.send(form.encoding === 'json' ? Buffer.from(one).toString() : one)
    }
  }
  void send()
    .catch((error: unknown) => {
      if (!signal.aborted) parts.onError(error, `${request.method} ${request.url}`)
    })
    .finally(() => {
      client.close()
      onEnd()
    })
}
