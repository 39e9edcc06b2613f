import { type IngressClass, ingressClasses } from '../../../resources/index.ts'
import type { Registry } from '../../registry/registry.ts'
import type { AdmissionPlugin } from '../admission.ts'
import { newestOf } from './storage/newest.ts'

const oldAnnotation = 'kubernetes.io/ingress.class'
const defaultAnnotation = 'ingressclass.kubernetes.io/is-default-class'

/** DefaultIngressClass: an Ingress that names no class gets the newest of the default ones. */
export function defaultIngressClass({ registry }: { readonly registry: () => Registry }): AdmissionPlugin {
  return {
    name: 'DefaultIngressClass',
    resources: ['networking.k8s.io/ingresses'],
    async admit({ operation, definition, subresource, object }) {
      if (operation !== 'CREATE' || definition.group !== 'networking.k8s.io' || definition.plural !== 'ingresses')
        return
      if (subresource !== '' || object.spec?.ingressClassName !== undefined) return
      if (object.metadata.annotations?.[oldAnnotation] !== undefined) return
      const classes = await registry().all<IngressClass>(ingressClasses)
      const found = newestOf(classes.filter(({ metadata }) => metadata.annotations?.[defaultAnnotation] === 'true'))
      if (found !== undefined) object.spec = { ...object.spec, ingressClassName: found.metadata.name }
    },
  }
}
