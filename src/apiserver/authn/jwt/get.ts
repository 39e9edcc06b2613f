import { type Clock, isIp } from '../../../machinery/index.ts'
import type { NetworkConnection } from '../../streams/connections.ts'

const timeoutMs = 30_000
/** A longer answer is not read to its end. */
const answerBytesMax = 1 << 20
/** Kubernetes: as many as Go's client follows. */
const redirectsMax = 10

/** Reads what is at a URL. Rejects when there is nothing good. */
export type Get = (url: string, bearer?: string) => Promise<string>

/** Reads over the network; certificates are checked against an authority in PEM, or those the machine trusts. */
export function getter(
  connectNetwork: NetworkConnection,
  clock: Clock,
  ca: string | undefined,
  egress: 'controlplane' | 'cluster' | 'none' = 'none',
): Get {
  return async (url, bearer) => {
    const stop = new AbortController()
    using _timer = clock.after(timeoutMs, () => stop.abort(new Error(`Get ${JSON.stringify(url)}: timeout`)))
    let at = new URL(url)
    for (let hops = 0; hops <= redirectsMax; hops++) {
      const tls = at.protocol === 'https:'
      const host = at.hostname.replace(/^\[|\]$/g, '')
      const connection = connectNetwork({
        host,
        port: Number(at.port === '' ? (tls ? 443 : 80) : at.port),
        tls,
        egress,
        ...(tls && !isIp(host) ? { serverName: host } : {}),
        ...(ca === undefined ? { trust: 'system' } : { ca }),
      })
      const headers = {
        host: at.host,
        accept: '*/*',
        ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
      }
      const reply = await connection.request(
        { method: 'GET', path: `${at.pathname}${at.search}`, headers },
        stop.signal,
      )
      const { location } = reply.headers
      const text = await textOf(reply.body)
      if (reply.status >= 300 && reply.status < 400 && typeof location === 'string') {
        const next = new URL(location, at)
        // What a server is trusted with is not handed on to another.
        if (next.host !== at.host) bearer = undefined
        at = next
        continue
      }
      if (reply.status < 200 || reply.status > 226) throw new Error(`${reply.status}: ${text.slice(0, 1000)}`)
      return text
    }
    throw new Error(`Get ${JSON.stringify(url)}: stopped after ${redirectsMax} redirects`)
  }
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body) {
    length += chunk.length
    if (length > answerBytesMax) throw new Error('the answer is too long')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}
