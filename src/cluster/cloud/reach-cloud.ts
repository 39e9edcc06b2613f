import { type CloudApi, CloudError, cloudOverHttp } from '../../cloud/index.ts'
import { readCloud } from './cloud-process.ts'

/**
 * The cloud in a directory, as its owner or as whoever shows another token. Where it is, is read again when it cannot be
 * reached, as it may have been started anew at another port.
 */
export function cloudIn(directory: string, token?: string): CloudApi {
  let known: CloudApi | undefined
  const api = async (): Promise<CloudApi> => {
    if (known !== undefined) return known
    const endpoint = await readCloud(directory)
    if (endpoint === undefined) throw new CloudError(503, 'Unreachable', `there is no cloud in ${directory}`)
    known = cloudOverHttp({ url: endpoint.url, token: token ?? endpoint.token })
    return known
  }
  const withApi = async <T>(work: (api: CloudApi) => Promise<T>): Promise<T> => {
    try {
      return await work(await api())
    } catch (error) {
      if (error instanceof CloudError && error.code === 'Unreachable') known = undefined
      throw error
    }
  }
  return {
    call: (action, input) => withApi((one) => one.call(action, input)),
    changed: (after, signal) => withApi((one) => one.changed(after, signal)),
  }
}
