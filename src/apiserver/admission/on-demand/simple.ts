import { forbidden } from '../../../machinery/index.ts'
import { loopbackIdentity } from '../../authn/loopback.ts'
import type { AdmissionPlugin, Attributes } from '../admission.ts'

const resourceOf = ({ definition }: Attributes) => ({ group: definition.group, resource: definition.plural })

/** AlwaysAdmit: there only since it once was, and says nothing. */
export function alwaysAdmit(): AdmissionPlugin {
  return { name: 'AlwaysAdmit' }
}

/** AlwaysDeny: nothing is written. Unlike Kubernetes: but for what the server itself needs to start. */
export function alwaysDeny(): AdmissionPlugin {
  const deny = async (attributes: Attributes) => {
    if (attributes.identity.name === loopbackIdentity.name) return
    throw forbidden(resourceOf(attributes), attributes.name, 'admission control is denying all modifications')
  }
  return { name: 'AlwaysDeny', admit: deny, validate: deny }
}

/** DenyServiceExternalIPs: a Service may keep the external addresses it has, and gets no more. */
export function denyServiceExternalIps(): AdmissionPlugin {
  return {
    name: 'DenyServiceExternalIPs',
    resources: ['/services'],
    async validate(attributes) {
      const { operation, subresource, object, previous } = attributes
      if (subresource !== '' || (operation !== 'CREATE' && operation !== 'UPDATE')) return
      const before: readonly string[] = (previous as typeof object)?.spec?.externalIPs ?? []
      const now: readonly string[] = object.spec?.externalIPs ?? []
      if (now.every((ip) => before.includes(ip))) return
      throw forbidden(resourceOf(attributes), attributes.name, 'Use of external IPs is denied by admission control')
    },
  }
}
