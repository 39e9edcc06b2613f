import { isAlreadyExists, notFound } from '../../../machinery/index.ts'
import { namespaces } from '../../../resources/index.ts'
import { loopbackContext } from '../../authn/loopback.ts'
import type { Registry } from '../../registry/registry.ts'
import type { AdmissionPlugin, Attributes } from '../admission.ts'

interface Parts {
  readonly registry: () => Registry
}
const isWithin = ({ definition, namespace }: Attributes) => definition.scope === 'Namespaced' && namespace !== ''

/** NamespaceAutoProvision: a namespace is there as soon as something is created in it. */
export function namespaceAutoProvision({ registry }: Parts): AdmissionPlugin {
  return {
    name: 'NamespaceAutoProvision',
    async admit(attributes) {
      const { operation, namespace, dryRun } = attributes
      if (operation !== 'CREATE' || dryRun || !isWithin(attributes)) return
      if ((await registry().find(namespaces, undefined, namespace)) !== undefined) return
      const made = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }
      await registry()
        .create(namespaces, undefined, made, loopbackContext())
        .catch((error: unknown) => {
          if (!isAlreadyExists(error)) throw error
        })
    },
  }
}

/** NamespaceExists: nothing is written in a namespace that is not there. */
export function namespaceExists({ registry }: Parts): AdmissionPlugin {
  return {
    name: 'NamespaceExists',
    async validate(attributes) {
      const { operation, namespace } = attributes
      if (operation === 'CONNECT' || !isWithin(attributes)) return
      if ((await registry().find(namespaces, undefined, namespace)) === undefined)
        throw notFound({ group: '', resource: 'namespaces' }, namespace)
    },
  }
}
