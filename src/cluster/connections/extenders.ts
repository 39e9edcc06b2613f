import { readFileSync } from 'node:fs'
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP } from 'node:net'
import type { SecureContextOptions } from 'node:tls'
import type { Clock } from '../../machinery/index.ts'
import type { ExtenderChoice, PostToExtender } from '../../scheduler/index.ts'

/** A longer answer is not read to its end: a list of the nodes of a large cluster fits. */
const answerBytesMax = 256 << 20

/** Sends to a scheduler extender as its configuration says. Throws when a file that it names cannot be read. */
export function postTo({ enableHTTPS = false, tlsConfig = {} }: ExtenderChoice, clock: Clock): PostToExtender {
  const pem = (data: string | undefined, file: string | undefined) =>
    (data ?? '') !== ''
      ? Buffer.from(data!, 'base64').toString()
      : (file ?? '') !== ''
        ? readFileSync(file!, 'utf8')
        : ''
  const [ca, cert, key] = [
    pem(tlsConfig.caData, tlsConfig.caFile),
    pem(tlsConfig.certData, tlsConfig.certFile),
    pem(tlsConfig.keyData, tlsConfig.keyFile),
  ]
  const { serverName = '' } = tlsConfig
  const context: SecureContextOptions & { readonly rejectUnauthorized?: boolean; readonly servername?: string } = {
    ...(cert === '' || key === '' ? {} : { cert, key }),
    // Kubernetes: without an authority to hold it against, the extender's certificate is not checked.
    ...(ca !== '' ? { ca } : tlsConfig.insecure === true || enableHTTPS ? { rejectUnauthorized: false } : {}),
    ...(serverName === '' ? {} : { servername: isIP(serverName) === 0 ? serverName : '' }),
  }
  return (url, body, timeoutMs) =>
    new Promise((resolve, reject) => {
      const options = { method: 'POST', headers: { 'content-type': 'application/json' }, agent: false as const }
      const request = url.startsWith('https:')
        ? requestHttps(url, { ...options, ...context })
        : requestHttp(url, options)
      const timer = clock.after(timeoutMs, () =>
        request.destroy(new Error('context deadline exceeded (Client.Timeout exceeded while awaiting headers)')),
      )
      const end = (error: Error) => {
        timer[Symbol.dispose]()
        reject(error)
      }
      request.once('error', end)
      request.once('response', (response) => {
        const chunks: Buffer[] = []
        let length = 0
        response.on('data', (chunk: Buffer) => {
          length += chunk.length
          if (length > answerBytesMax) request.destroy(new Error('the answer is too long'))
          else chunks.push(chunk)
        })
        response.once('error', end)
        response.once('end', () => {
          timer[Symbol.dispose]()
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() })
        })
      })
      request.end(body)
    })
}
