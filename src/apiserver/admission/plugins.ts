import { cloneJson, forbidden, notFound, type Random, StatusError } from '../../machinery/index.ts'
import { namespaces, pods, type ServiceAccount, secretNamesOf, serviceAccounts } from '../../resources/index.ts'
import type { Registry } from '../registry/registry.ts'
import type { AdmissionPlugin, Attributes } from './admission.ts'
import { mirrorPodProblem, unlistedSecret } from './built-in/mountable-secrets.ts'
import { forbiddenBy } from './policies/selecting.ts'

/** Plugins see the registry through this, because the registry is built with them. */
export interface AdmissionParts {
  readonly registry: () => Registry
  readonly random: Random
}

const immortalNamespaces = new Set(['default', 'kube-system', 'kube-public'])
const withoutContent = new Set(['authorization.k8s.io/localsubjectaccessreviews'])

/** NamespaceLifecycle: nothing is created in a namespace that is absent or going, and some namespaces never go. */
export function namespaceLifecycle({ registry }: AdmissionParts): AdmissionPlugin {
  return {
    name: 'NamespaceLifecycle',
    standsBy: () => ({ kinds: [namespaces] }),
    admit({ operation, definition, namespace, name }) {
      if (operation === 'DELETE' && definition.kind === 'Namespace' && immortalNamespaces.has(name)) {
        throw forbidden({ group: '', resource: 'namespaces' }, name, 'this namespace may not be deleted')
      }
      if (definition.scope !== 'Namespaced' || operation === 'DELETE' || operation === 'CONNECT') return
      if (withoutContent.has(`${definition.group}/${definition.plural}`)) return
      const found = registry().current(namespaces, undefined, namespace)
      if (found === undefined) throw notFound({ group: '', resource: 'namespaces' }, namespace)
      if (operation !== 'CREATE' || found.status?.phase !== 'Terminating') return
      const error = forbidden(
        { group: definition.group, resource: definition.plural },
        name,
        `unable to create new content in namespace ${namespace} because it is being terminated`,
      )
      throw StatusError.from({
        ...error.status,
        details: {
          ...error.status.details,
          causes: [
            {
              reason: 'NamespaceTerminating',
              message: `namespace ${namespace} is being terminated`,
              field: 'metadata.namespace',
            },
          ],
        },
      })
    },
  }
}

const tokenMountPath = '/var/run/secrets/kubernetes.io/serviceaccount'
const mirrorAnnotation = 'kubernetes.io/config.mirror'

/** ServiceAccount: every pod runs as one, with its token, the CA and the namespace mounted unless told otherwise. */
export function serviceAccount({ registry, random }: AdmissionParts): AdmissionPlugin {
  const refused = (attributes: Attributes, why: string) => forbiddenBy(why, attributes)
  const accountOf = (attributes: Attributes): ServiceAccount => {
    const { namespace, object } = attributes
    const { serviceAccountName: name } = object.spec
    const account = registry().current<ServiceAccount>(serviceAccounts, namespace, name)
    if (account !== undefined) return account
    const why = `serviceaccount ${JSON.stringify(name)} not found`
    throw refused(attributes, `error looking up service account ${namespace}/${name}: ${why}`)
  }
  const isOfPod = ({ definition }: Attributes) => definition.kind === 'Pod' && definition.plural === pods.plural
  const checkMirror = (attributes: Attributes) => {
    const why = mirrorPodProblem(attributes.object, secretNamesOf(attributes.object))
    if (why !== undefined) throw refused(attributes, why)
  }
  return {
    name: 'ServiceAccount',
    resources: ['/pods'],
    standsBy: ({ object }) =>
      object.metadata.annotations?.[mirrorAnnotation] === undefined ? { kinds: [serviceAccounts] } : undefined,
    concerns: (operation, subresource) =>
      operation === 'CREATE' ? subresource === '' : operation === 'UPDATE' && subresource === 'ephemeralcontainers',
    admit(attributes) {
      const { operation, subresource, object } = attributes
      if (!isOfPod(attributes) || subresource !== '' || operation !== 'CREATE') return
      const { spec } = object
      if (object.metadata.annotations?.[mirrorAnnotation] !== undefined) return checkMirror(attributes)
      spec.serviceAccountName ||= 'default'
      spec.serviceAccount = spec.serviceAccountName
      const account = accountOf(attributes)
      if ((spec.imagePullSecrets?.length ?? 0) === 0 && (account.imagePullSecrets?.length ?? 0) > 0)
        spec.imagePullSecrets = cloneJson(account.imagePullSecrets)
      const mount = spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true
      if (mount) mountToken(spec, () => attributes.alike?.suffix ?? random.suffix(5))
    },
    validate(attributes) {
      const { operation, subresource, object, namespace } = attributes
      const isDebugged = operation === 'UPDATE' && subresource === 'ephemeralcontainers'
      if (!isOfPod(attributes) || !(isDebugged || (operation === 'CREATE' && subresource === ''))) return
      const isMirror = object.metadata.annotations?.[mirrorAnnotation] !== undefined
      if (isMirror && !isDebugged) return checkMirror(attributes)
      if ((object.spec.serviceAccountName ?? '') === '')
        throw refused(attributes, `no service account specified for pod ${namespace}/${object.metadata.name ?? ''}`)
      const why = unlistedSecret(object, accountOf(attributes), isDebugged)
      if (why !== undefined) throw refused(attributes, why)
    },
  }
}

/** Kubernetes: the token volume is added when some container has nothing mounted at its path yet. */
function mountToken(spec: any, suffix: () => string): void {
  const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])]
  const needing = containers.filter(
    (container) =>
      !(container.volumeMounts ?? []).some((mount: { mountPath: string }) => mount.mountPath === tokenMountPath),
  )
  if (needing.length === 0) return
  const known = (spec.volumes ?? []).find((volume: { name: string }) => volume.name.startsWith('kube-api-access-'))
  const name = known?.name ?? `kube-api-access-${suffix()}`
  for (const container of needing)
    container.volumeMounts = [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath: tokenMountPath }]
  if (known !== undefined) return
  spec.volumes = [
    ...(spec.volumes ?? []),
    {
      name,
      projected: {
        defaultMode: 420,
        sources: [
          { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
          { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
          {
            downwardAPI: {
              items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
            },
          },
        ],
      },
    },
  ]
}

const tolerationDefaultSeconds = 300

/** DefaultTolerationSeconds: pods leave a node that is not ready or unreachable after five minutes unless they say otherwise. */
export function defaultTolerationSeconds(): AdmissionPlugin {
  return {
    name: 'DefaultTolerationSeconds',
    standsBy: () => ({ kinds: [] }),
    resources: ['/pods'],
    concerns: (operation, subresource) => subresource === '' && (operation === 'CREATE' || operation === 'UPDATE'),
    admit({ operation, definition, subresource, object }) {
      if (definition.kind !== 'Pod' || subresource !== '') return
      // Kubernetes: on updates too, since a client that sends only its own tolerations must not take these away.
      if (operation !== 'CREATE' && operation !== 'UPDATE') return
      for (const key of ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']) {
        const tolerated = (object.spec.tolerations ?? []).some(
          (one: any) =>
            (one.key === key || (one.key ?? '') === '') && ((one.effect ?? '') === '' || one.effect === 'NoExecute'),
        )
        if (!tolerated) {
          object.spec.tolerations = [
            ...(object.spec.tolerations ?? []),
            { key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: tolerationDefaultSeconds },
          ]
        }
      }
    },
  }
}

/** TaintNodesByCondition: a node starts out not ready, so that nothing is placed on it before it says it is. */
export function taintNodesByCondition(): AdmissionPlugin {
  const taint = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }
  return {
    name: 'TaintNodesByCondition',
    resources: ['/nodes'],
    admit({ operation, definition, subresource, object }) {
      if (definition.kind !== 'Node' || operation !== 'CREATE' || subresource !== '') return
      const taints = object.spec?.taints ?? []
      if (!taints.some((one: any) => one.key === taint.key && one.effect === taint.effect))
        object.spec = { ...object.spec, taints: [...taints, taint] }
    },
  }
}

/** Kinds that nothing acts upon yet: writes to them are kept, and say so. */
export function notActedUpon(resources: ReadonlySet<string>): AdmissionPlugin {
  return {
    name: 'NotActedUpon',
    concerns: (operation, subresource) => subresource === '' && (operation === 'CREATE' || operation === 'UPDATE'),
    standsBy: ({ definition }) =>
      resources.has(`${definition.group}/${definition.plural}`) ? undefined : { kinds: [] },
    validate({ operation, definition, subresource, warn }) {
      if ((operation !== 'CREATE' && operation !== 'UPDATE') || subresource !== '') return
      if (resources.has(`${definition.group}/${definition.plural}`)) {
        warn(`${definition.kind} objects are stored by this version of Coxswain, but nothing acts on them yet`)
      }
    },
  }
}
