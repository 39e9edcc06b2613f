/** How Kubernetes' inner types differ from those of the API, where errors show them. */

/** Names in Go that are more than the JSON name with a capital. */
const goNames: Readonly<Record<string, string>> = {
  apiGroup: 'APIGroup',
  apiVersion: 'APIVersion',
  awsElasticBlockStore: 'AWSElasticBlockStore',
  cel: 'CEL',
  cephfs: 'CephFS',
  chapAuthDiscovery: 'DiscoveryCHAPAuth',
  chapAuthSession: 'SessionCHAPAuth',
  csi: 'CSI',
  diskURI: 'DataDiskURI',
  dnsConfig: 'DNSConfig',
  dnsPolicy: 'DNSPolicy',
  fc: 'FC',
  fsGroup: 'FSGroup',
  fsGroupChangePolicy: 'FSGroupChangePolicy',
  fsType: 'FSType',
  gcePersistentDisk: 'GCEPersistentDisk',
  gmsaCredentialSpec: 'GMSACredentialSpec',
  gmsaCredentialSpecName: 'GMSACredentialSpecName',
  grpc: 'GRPC',
  httpGet: 'HTTPGet',
  httpHeaders: 'HTTPHeaders',
  ip: 'IP',
  iqn: 'IQN',
  iscsi: 'ISCSI',
  iscsiInterface: 'ISCSIInterface',
  nfs: 'NFS',
  os: 'OS',
  pdName: 'PDName',
  rbd: 'RBD',
  scaleIO: 'ScaleIO',
  seLinuxChangePolicy: 'SELinuxChangePolicy',
  seLinuxOptions: 'SELinuxOptions',
  sslEnabled: 'SSLEnabled',
  storageos: 'StorageOS',
  tcpSocket: 'TCPSocket',
  tty: 'TTY',
  uid: 'UID',
  wwids: 'WWIDs',
}
export const goNameOf = (name: string) => goNames[name] ?? name[0]!.toUpperCase() + name.slice(1)

/** What is particular about an inner type. */
interface Layout {
  /** The JSON names of all its fields, in its order. */
  readonly order?: readonly string[]
  /** Names of this type alone. */
  readonly names?: Readonly<Record<string, string>>
  /** What lies elsewhere in the inner type. */
  prepare?(shown: Record<string, unknown>, value: Readonly<Record<string, unknown>>): unknown
}
const words = (text: string) => text.trim().split(/\s+/)

const blockDevice = { names: { monitors: 'CephMonitors', image: 'RBDImage', pool: 'RBDPool', user: 'RadosUser' } }
const glusterfs = { names: { endpoints: 'EndpointsName' } }
const persistentSource = words(`
  gcePersistentDisk awsElasticBlockStore hostPath glusterfs nfs rbd quobyte iscsi flexVolume cinder cephfs fc flocker azureFile
  vsphereVolume azureDisk photonPersistentDisk portworxVolume scaleIO local storageos csi`)

/** Kubernetes: the namespaces of the host are a matter of the pod's security within. */
function withHostNamespaces(shown: Record<string, unknown>, spec: Readonly<Record<string, unknown>>): unknown {
  const host = {
    HostNetwork: spec.hostNetwork ?? false,
    HostPID: spec.hostPID ?? false,
    HostIPC: spec.hostIPC ?? false,
    ShareProcessNamespace: spec.shareProcessNamespace ?? null,
    HostUsers: spec.hostUsers ?? null,
  }
  return { ...shown, SecurityContext: { ...host, ...(shown.SecurityContext as object | null) } }
}

export const layouts: Readonly<Record<string, Layout>> = {
  'io.k8s.api.core.v1.PodSpec': {
    order: words(`
      volumes initContainers containers ephemeralContainers restartPolicy terminationGracePeriodSeconds activeDeadlineSeconds
      dnsPolicy nodeSelector serviceAccountName automountServiceAccountToken nodeName securityContext imagePullSecrets hostname
      subdomain setHostnameAsFQDN affinity schedulerName tolerations hostAliases priorityClassName priority preemptionPolicy
      dnsConfig readinessGates runtimeClassName overhead enableServiceLinks topologySpreadConstraints os schedulingGates
      resourceClaims resources hostnameOverride schedulingGroup`),
    prepare: withHostNamespaces,
  },
  'io.k8s.api.core.v1.PodSecurityContext': {
    order: words(`
      seLinuxOptions windowsOptions runAsUser runAsGroup runAsNonRoot supplementalGroups supplementalGroupsPolicy fsGroup
      fsGroupChangePolicy sysctls seccompProfile appArmorProfile seLinuxChangePolicy`),
  },
  'io.k8s.api.core.v1.Volume': {
    order: words(`
      name hostPath emptyDir gcePersistentDisk awsElasticBlockStore gitRepo secret nfs iscsi glusterfs persistentVolumeClaim rbd
      quobyte flexVolume cinder cephfs flocker downwardAPI fc azureFile configMap vsphereVolume azureDisk photonPersistentDisk
      projected portworxVolume scaleIO storageos csi ephemeral image`),
  },
  'io.k8s.api.core.v1.PersistentVolumeSource': { order: persistentSource },
  'io.k8s.api.core.v1.RBDVolumeSource': blockDevice,
  'io.k8s.api.core.v1.RBDPersistentVolumeSource': blockDevice,
  'io.k8s.api.core.v1.GlusterfsVolumeSource': glusterfs,
  'io.k8s.api.core.v1.GlusterfsPersistentVolumeSource': glusterfs,
}
