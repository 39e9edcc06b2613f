import { request as openRequest } from 'node:http'
import { type CloudApi, cloudActions } from '../calls.ts'
import { CloudError } from '../errors.ts'

/** The cloud at an address, as whoever shows the token sees it. */
export function cloudOverHttp(endpoint: { readonly url: string; readonly token: string }): CloudApi {
  return {
    async call(action, input) {
      const [method, pattern] = cloudActions[action]
      const { id, ...rest } = input as { readonly id?: string }
      const path = pattern.replace('{id}', encodeURIComponent(id ?? ''))
      return (await exchange(endpoint, method, path, method === 'GET' ? undefined : rest)) as never
    },
    async changed(after, signal) {
      const { revision } = (await exchange(endpoint, 'GET', `/v1/changes?after=${after}`, undefined, signal)) as {
        readonly revision: number
      }
      return revision
    },
  }
}

function exchange(
  { url, token }: { readonly url: string; readonly token: string },
  method: string,
  path: string,
  body?: object,
  signal?: AbortSignal,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body))
    const headers = {
      authorization: `Bearer ${token}`,
      ...(bytes === undefined ? {} : { 'content-type': 'application/json', 'content-length': bytes.length }),
    }
    const unreachable = (error: Error) =>
      reject(
        signal?.aborted === true
          ? signal.reason
          : new CloudError(503, 'Unreachable', `the cloud at ${url} cannot be reached: ${error.message}`),
      )
    const options = { method, headers, agent: false as const, ...(signal === undefined ? {} : { signal }) }
    const request = openRequest(new URL(path, url), options, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.once('error', unreachable)
      response.once('end', () => {
        try {
          const answer = JSON.parse(Buffer.concat(chunks).toString())
          if (response.statusCode === 200) resolve(answer)
          else reject(new CloudError(response.statusCode ?? 502, answer.code, answer.message, answer.rule ?? ''))
        } catch {
          unreachable(new Error('its answer is not JSON'))
        }
      })
    })
    request.once('error', unreachable)
    request.end(bytes)
  })
}
