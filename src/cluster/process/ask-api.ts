import type { HttpCredentials } from '../../client/index.ts'

/** One GET of the API, for commands that ask nothing else and so need no client; rejects unless the answer is 200. */
export async function askApi<T>(credentials: HttpCredentials, path: string): Promise<T> {
  return JSON.parse(await exchange(credentials, 'GET', path)) as T
}

/** One PUT of a text to a page of the API; resolves with the text it answers, rejects with it unless that is 200. */
export function tellApi(credentials: HttpCredentials, path: string, text: string): Promise<string> {
  return exchange(credentials, 'PUT', path, text)
}

/** TLS is loaded when something is asked: `cox up` has started the cluster by then. */
async function exchange(
  { server, ca, cert, key }: HttpCredentials,
  method: string,
  path: string,
  body?: string,
): Promise<string> {
  const { request: openRequest } = await import('node:https')
  return new Promise((resolve, reject) => {
    const request = openRequest(new URL(path, server), { method, ca, cert, key, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.once('error', reject)
      response.once('end', () => {
        const text = Buffer.concat(chunks).toString()
        if (response.statusCode === 200) resolve(text)
        else if (method === 'PUT') reject(new Error(text.trim()))
        else reject(new Error(`${server}${path} answered ${response.statusCode}: ${text.slice(0, 200)}`))
      })
    })
    request.once('error', (error) => reject(new Error(`${server} cannot be reached: ${error.message}`)))
    request.end(body)
  })
}

/** Whether what answers at an address says that it is well. */
export async function isWell(address: string, ca: string): Promise<boolean> {
  const url = new URL('/healthz', address)
  const { request: openPlain } = await import('node:http')
  const { request: openRequest } = await import('node:https')
  return new Promise((resolve) => {
    const take = (response: { readonly statusCode?: number | undefined; resume(): void }) => {
      response.resume()
      resolve(response.statusCode === 200)
    }
    const request =
      url.protocol === 'http:' ? openPlain(url, { agent: false }, take) : openRequest(url, { ca, agent: false }, take)
    request.once('error', () => resolve(false))
    request.end()
  })
}
