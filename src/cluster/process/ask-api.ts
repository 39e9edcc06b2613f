import { get } from 'node:https'
import type { HttpCredentials } from '../../client/index.ts'

/** One GET of the API, for commands that ask nothing else and so need no client; rejects unless the answer is 200. */
export function askApi<T>({ server, ca, cert, key }: HttpCredentials, path: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = get(new URL(path, server), { ca, cert, key, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.once('error', reject)
      response.once('end', () => {
        const text = Buffer.concat(chunks).toString()
        if (response.statusCode === 200) resolve(JSON.parse(text) as T)
        else reject(new Error(`${server}${path} answered ${response.statusCode}: ${text.slice(0, 200)}`))
      })
    })
    request.once('error', (error) => reject(new Error(`${server} cannot be reached: ${error.message}`)))
  })
}
