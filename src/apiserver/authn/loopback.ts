import type { Identity, RequestContext } from '../request.ts'

/** Who the server is to itself. */
export const loopbackIdentity: Identity = {
  name: 'system:apiserver',
  groups: ['system:masters', 'system:authenticated'],
}

const neverAborted = new AbortController().signal

/** What a call of the server to itself knows; each has one of its own, since warnings gather in it. */
export function loopbackContext(): RequestContext {
  return {
    identity: loopbackIdentity,
    query: {},
    manager: 'kube-apiserver',
    dryRun: false,
    fieldValidation: 'Ignore',
    warnings: [],
    signal: neverAborted,
  }
}
