import { request } from 'node:https'
import type { Asked } from './battery.ts'

/** Where a server is, and as whom it is asked. */
export interface Server {
  readonly host: string
  readonly port: number
  readonly ca?: Buffer
  readonly rejectUnauthorized?: boolean
  readonly cert?: Buffer
  readonly key?: Buffer
  readonly token?: string
}

export interface Answer {
  readonly code: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly text: string
}

/** Sends a request and reads the whole answer; a watch is read until the server ends it. */
export function send({ token, ...server }: Server, { ask, body, headers = {} }: Asked): Promise<Answer> {
  const [method = '', path = ''] = ask.split(/ (.*)/s)
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
  const all = {
    accept: 'application/json',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
    ...headers,
  }
  // A header that is stated as empty is left out.
  const stated = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''))
  return new Promise((resolve) => {
    const failed = (error: Error) => resolve({ code: 0, headers: {}, text: String(error) })
    const options = { ...server, method, path, headers: stated, agent: false, timeout: 15_000 }
    const sent = request(options, (reply) => {
      const chunks: Buffer[] = []
      reply.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', failed)
      reply.on('end', () =>
        resolve({ code: reply.statusCode ?? 0, headers: reply.headers, text: Buffer.concat(chunks).toString() }),
      )
    })
    sent.on('timeout', () => sent.destroy(new Error('no answer in time'))).on('error', failed)
    sent.end(text)
  })
}
