import type { NetworkConnection, PostReview } from '../../apiserver/index.ts'
import { credentialsFromKubeconfig, type HttpCredentials } from '../../client/index.ts'
import { type Clock, isIp } from '../../machinery/index.ts'

const requestTimeoutMs = 30_000
/** A larger answer is not read to its end. */
const answerBytesMax = 1 << 20

/** Sends reviews to the server that a kubeconfig names. Throws when the file cannot be read. */
export function reviewsTo(
  configFile: string,
  {
    clock,
    connectNetwork,
    timeoutMs = requestTimeoutMs,
  }: { readonly clock: Clock; readonly connectNetwork: NetworkConnection; readonly timeoutMs?: number },
): PostReview {
  const credentials = credentialsFromKubeconfig(configFile)
  return async (review) => {
    const url = new URL(credentials.server)
    const connection = connectNetwork(targetOf(url, credentials))
    const stop = new AbortController()
    using _timer = clock.after(timeoutMs, () => stop.abort(new Error('the webhook did not answer in time')))
    const body = Buffer.from(JSON.stringify(review))
    const { token } = credentials
    const answer = await connection.request(
      {
        method: 'POST',
        path: `${url.pathname}${url.search}`,
        headers: {
          host: url.host,
          accept: 'application/json',
          'content-type': 'application/json',
          'content-length': String(body.length),
          ...(token === undefined ? {} : { authorization: `Bearer ${token()}` }),
        },
        body: one(body),
      },
      stop.signal,
    )
    const text = await textOf(answer.body)
    if (answer.status < 200 || answer.status > 299) throw new Error(`the webhook answered with ${answer.status}`)
    return JSON.parse(text)
  }
}

function targetOf(url: URL, { ca, cert, key, insecure }: HttpCredentials): Parameters<NetworkConnection>[0] {
  const tls = url.protocol === 'https:'
  return {
    host: url.hostname,
    port: Number(url.port === '' ? (tls ? 443 : 80) : url.port),
    tls,
    egress: 'controlplane',
    ...(tls && !isIp(url.hostname) ? { serverName: url.hostname } : {}),
    ...(ca !== undefined ? { ca } : insecure === true ? {} : { trust: 'system' }),
    ...(cert === undefined || key === undefined ? {} : { client: { cert, key } }),
  }
}

async function* one(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body) {
    length += chunk.length
    if (length > answerBytesMax) throw new Error('the answer of the webhook is too long')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}
