import { forbidden, notFound, StatusError } from '../../../machinery/index.ts'
import { type Namespace, namespaces } from '../../../resources/index.ts'
import type { Registry } from '../../registry/registry.ts'
import type { AdmissionPlugin, Attributes } from '../admission.ts'

type Labels = Readonly<Record<string, string>>
const annotation = 'scheduler.alpha.kubernetes.io/node-selector'
const clusterDefault = 'clusterDefaultNodeSelector'

/** PodNodeSelector: the pods of a namespace stay on the nodes that are the namespace's. */
export function podNodeSelector(
  { registry }: { readonly registry: () => Registry },
  selectors: Readonly<Record<string, string>>,
): AdmissionPlugin {
  const refusal = ({ name }: Attributes, why: string) => forbidden({ group: '', resource: 'pods' }, name, why)
  const ofNamespace = async (name: string): Promise<Labels> => {
    const namespace = await registry().find<Namespace>(namespaces, undefined, name)
    if (namespace === undefined) throw notFound({ group: '', resource: 'namespaces' }, name)
    return labelsOf(namespace.metadata.annotations?.[annotation] ?? selectors[clusterDefault] ?? '')
  }
  const check = async (attributes: Attributes, own: Labels) => {
    const asked: Labels = attributes.object.spec?.nodeSelector ?? {}
    if (Object.keys(own).some((key) => asked[key] !== undefined && asked[key] !== own[key]))
      throw refusal(attributes, 'pod node label selector conflicts with its namespace node label selector')
    return asked
  }
  const isConcerned = ({ operation, subresource }: Attributes) => operation === 'CREATE' && subresource === ''
  return {
    name: 'PodNodeSelector',
    resources: ['/pods'],
    async admit(attributes) {
      if (!isConcerned(attributes)) return
      const own = await ofNamespace(attributes.namespace)
      const merged = { ...own, ...(await check(attributes, own)) }
      if (Object.keys(merged).length > 0) attributes.object.spec.nodeSelector = merged
    },
    async validate(attributes) {
      if (!isConcerned(attributes)) return
      const asked = await check(attributes, await ofNamespace(attributes.namespace))
      const allowed = labelsOf(selectors[attributes.namespace] ?? '')
      if (Object.keys(allowed).length === 0 || Object.keys(asked).every((key) => asked[key] === allowed[key])) return
      throw refusal(attributes, 'pod node label selector labels conflict with its namespace whitelist')
    },
  }
}

/** `a=b,c=d` as labels. Kubernetes: what cannot be read is no Status, and answered 500. */
function labelsOf(selector: string): Labels {
  const labels: Record<string, string> = {}
  for (const pair of selector.split(',').filter((one) => one !== '')) {
    const [key = '', value, ...more] = pair.split('=')
    if (value === undefined || more.length > 0) throw new StatusError(500, undefined, `invalid selector: [${pair}]`)
    labels[key.trim()] = value.trim()
  }
  return labels
}
