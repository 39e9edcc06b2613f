import { namespaces, serviceAccounts } from '../../resources/index.ts'
import type { Controller } from '../runtime/controller.ts'
import { activeNamespace, namespaceOf, unlessThere } from '../runtime/namespaces.ts'
import { each } from '../runtime/watches.ts'

const name = 'default'

/** Gives each namespace the service account that its pods have unless they ask for another. */
export const serviceAccountController: Controller = {
  name: 'serviceaccount-controller',
  account: 'service-account-controller',
  watches: [each(namespaces), namespaceOf(serviceAccounts, ({ metadata }) => metadata.name === name)],
  start({ cached }) {
    const accounts = cached(serviceAccounts)
    return async function reconcile(namespace, { client }) {
      if (activeNamespace(cached, namespace) === undefined) return undefined
      const account = { namespace: namespace.name, name }
      if (accounts.get(account) !== undefined) return undefined
      await unlessThere(client.create(serviceAccounts, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: account }))
      return undefined
    }
  },
}
