import { sameJson } from '../../machinery/index.ts'
import { configMaps, namespaces } from '../../resources/index.ts'
import type { Controller } from '../runtime/controller.ts'
import { activeNamespace, namespaceOf, unlessThere } from '../runtime/namespaces.ts'
import { each } from '../runtime/watches.ts'

const name = 'kube-root-ca.crt'
const annotations = {
  'kubernetes.io/description':
    'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.',
}

/** Puts the authority by which pods know the API server into each namespace. */
export const rootCaController: Controller = {
  name: 'root-ca-certificate-publisher-controller',
  account: 'root-ca-cert-publisher',
  watches: [each(namespaces), namespaceOf(configMaps, ({ metadata }) => metadata.name === name)],
  start({ cached, config }) {
    const maps = cached(configMaps)
    const data = { 'ca.crt': config.rootCa }
    return async function reconcile(namespace, { client }) {
      if (activeNamespace(cached, namespace) === undefined) return undefined
      const metadata = { namespace: namespace.name, name, annotations }
      const map = maps.get(metadata)
      if (map === undefined) {
        await unlessThere(client.create(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data }))
        return undefined
      }
      const wanted = { ...map.metadata.annotations, ...annotations }
      if (sameJson(map.data, data) && sameJson(map.metadata.annotations, wanted)) return undefined
      await client.update(configMaps, { ...map, metadata: { ...map.metadata, annotations: wanted }, data })
      return undefined
    }
  },
}
