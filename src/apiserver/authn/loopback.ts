import type { Identity } from '../request.ts'

/** Who the server is to itself. */
export const loopbackIdentity: Identity = {
  name: 'system:apiserver',
  groups: ['system:masters', 'system:authenticated'],
}
