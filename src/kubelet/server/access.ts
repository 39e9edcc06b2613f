import type { WireRequest } from '../../wire/index.ts'
import { type DelegatedParts, delegatedAccess } from './delegated.ts'

export type Access =
  | { readonly ok: true }
  | { readonly ok: false; readonly status: 401 | 403; readonly message: string }

/** Whether a request to the kubelet may go on: by client certificate or token, and what RBAC says of the node. */
export function createAccess(
  parts: DelegatedParts & { readonly nodeName: string },
): (request: WireRequest, path: string) => Promise<Access> {
  const delegated = delegatedAccess(parts)
  return async (request, path) => {
    const user = await delegated.userOf(request)
    if (user === undefined) return { ok: false, status: 401, message: 'Unauthorized' }
    const verb = verbs[request.method] ?? 'get'
    const subresources = subresourcesOf(path)
    for (const subresource of subresources) {
      const about = { verb, group: '', version: 'v1', resource: 'nodes', subresource, name: parts.nodeName }
      if ((await delegated.denialOf(user, { resourceAttributes: about })) === undefined) return { ok: true }
    }
    const message = `Forbidden (user=${user.username}, verb=${verb}, resource=nodes, subresource(s)=[${subresources.join(' ')}])`
    return { ok: false, status: 403, message }
  }
}
const verbs: Readonly<Record<string, string>> = {
  POST: 'create',
  GET: 'get',
  HEAD: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
}

/** Kubernetes: the finer subresources are tried first; `proxy` opens everything. */
function subresourcesOf(path: string): readonly string[] {
  const first = path.split('/')[1] ?? ''
  if (first === 'stats') return ['stats']
  if (first === 'metrics') return ['metrics']
  if (first === 'logs') return ['log']
  if (first === 'checkpoint') return ['checkpoint']
  if (first === 'pods' || first === 'runningpods') return ['pods', 'proxy']
  if (first === 'healthz') return ['healthz', 'proxy']
  if (first === 'configz') return ['configz', 'proxy']
  if (first === 'statusz') return ['statusz']
  if (first === 'flagz') return ['configz']
  return ['proxy']
}
