import { badSeccompProfile, isInUserNamespace, unmaskedProc } from './baseline.ts'
import {
  type Check,
  containersOfPod,
  containersText,
  namesWhere,
  nounFor,
  quoted,
  type SecuredContainer,
  type SecuredPod,
  settersText,
  sortedSet,
  type Violation,
} from './shapes.ts'

type Find = (pod: SecuredPod) => Violation | undefined

/** Kubernetes: what Windows knows nothing of is not asked of pods that say they are for it. */
const unlessWindows =
  (find: Find): Find =>
  (pod) =>
    pod.spec.os?.name === 'windows' ? undefined : find(pod)

const unlessInUserNamespace =
  (find: Find): Find =>
  (pod) =>
    isInUserNamespace(pod) ? undefined : find(pod)

const allowPrivilegeEscalation: Find = (pod) => {
  const bad = namesWhere(pod, ({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false)
  if (bad.length === 0) return undefined
  return {
    reason: 'allowPrivilegeEscalation != false',
    detail: `${containersText(bad)} must set securityContext.allowPrivilegeEscalation=false`,
  }
}

const capabilities: Find = (pod) => {
  const of = ({ securityContext }: SecuredContainer) => securityContext?.capabilities
  const added = (container: SecuredContainer): readonly string[] =>
    (of(container)?.add ?? []).filter((one: string) => one !== 'NET_BIND_SERVICE')
  const keeping = namesWhere(pod, (container) => !(of(container)?.drop ?? []).includes('ALL'))
  const adding = namesWhere(pod, (container) => added(container).length > 0)
  const which = quoted(sortedSet(containersOfPod(pod).flatMap(added)))
  const details = [
    ...(keeping.length === 0 ? [] : [`${containersText(keeping)} must set securityContext.capabilities.drop=["ALL"]`]),
    ...(adding.length === 0
      ? []
      : [`${containersText(adding)} must not include ${which} in securityContext.capabilities.add`]),
  ]
  return details.length === 0 ? undefined : { reason: 'unrestricted capabilities', detail: details.join('; ') }
}

const allowedVolumes = new Set(
  'configMap csi downwardAPI emptyDir ephemeral image persistentVolumeClaim projected secret'.split(' '),
)
const otherVolumes =
  'hostPath gcePersistentDisk awsElasticBlockStore gitRepo nfs iscsi glusterfs rbd flexVolume cinder cephfs flocker fc azureFile vsphereVolume quobyte azureDisk photonPersistentDisk portworxVolume scaleIO storageos'.split(
    ' ',
  )

const volumes: Find = ({ spec }) => {
  const bad = (spec.volumes ?? []).filter((volume) => !Object.keys(volume).some((key) => allowedVolumes.has(key)))
  if (bad.length === 0) return undefined
  const types = sortedSet(bad.map((volume) => otherVolumes.find((source) => volume[source] !== undefined) ?? 'unknown'))
  const who = `${nounFor(bad.length, 'volume')} ${quoted(bad.map(({ name }) => name))}`
  const what = `${nounFor(types.length, 'restricted volume type')} ${quoted(types)}`
  return { reason: 'restricted volume types', detail: `${who} ${nounFor(bad.length, 'uses', 'use')} ${what}` }
}

const runAsNonRoot: Find = (pod) => {
  const reason = 'runAsNonRoot != true'
  const of = ({ securityContext }: { readonly securityContext?: any }) => securityContext?.runAsNonRoot
  const setters = settersText(
    of(pod.spec) === false,
    namesWhere(pod, (container) => of(container) === false),
  )
  if (setters !== '') return { reason, detail: `${setters} must not set securityContext.runAsNonRoot=false` }
  const silent = of(pod.spec) === true ? [] : namesWhere(pod, (container) => of(container) === undefined)
  if (silent.length === 0) return undefined
  return { reason, detail: `pod or ${containersText(silent)} must set securityContext.runAsNonRoot=true` }
}

const runAsUser: Find = (pod) => {
  const isRoot = ({ securityContext }: { readonly securityContext?: any }) => securityContext?.runAsUser === 0
  const setters = settersText(isRoot(pod.spec), namesWhere(pod, isRoot))
  return setters === '' ? undefined : { reason: 'runAsUser=0', detail: `${setters} must not set runAsUser=0` }
}

const seccompProfile: Find = (pod) => {
  const bad = badSeccompProfile(pod)
  if (bad !== undefined || pod.spec.securityContext?.seccompProfile !== undefined) return bad
  const silent = namesWhere(pod, ({ securityContext }) => securityContext?.seccompProfile === undefined)
  if (silent.length === 0) return undefined
  return {
    reason: 'seccompProfile',
    detail: `pod or ${containersText(silent)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
  }
}

/** What the restricted level refuses besides, by the names of Kubernetes' checks and in the order of those. */
export const restrictedChecks: readonly Check[] = [
  {
    id: 'allowPrivilegeEscalation',
    since: [
      [8, allowPrivilegeEscalation],
      [25, unlessWindows(allowPrivilegeEscalation)],
    ],
  },
  {
    id: 'capabilities_restricted',
    since: [
      [22, capabilities],
      [25, unlessWindows(capabilities)],
    ],
    instead: 'capabilities_baseline',
  },
  { id: 'procMount_restricted', since: [[35, unmaskedProc]], instead: 'procMount' },
  { id: 'restrictedVolumes', since: [[0, volumes]], instead: 'hostPathVolumes' },
  {
    id: 'runAsNonRoot',
    since: [
      [0, runAsNonRoot],
      [35, unlessInUserNamespace(runAsNonRoot)],
    ],
  },
  {
    id: 'runAsUser',
    since: [
      [23, runAsUser],
      [35, unlessInUserNamespace(runAsUser)],
    ],
  },
  {
    id: 'seccompProfile_restricted',
    since: [
      [19, seccompProfile],
      [25, unlessWindows(seccompProfile)],
    ],
    instead: 'seccompProfile_baseline',
  },
]
