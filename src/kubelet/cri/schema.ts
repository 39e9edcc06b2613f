/**
 * The part of CRI runtime.v1 and of containerd's event API that the kubelet speaks, as a table.
 * Names are camel-cased; only numbers and types reach the wire. Fields left out are skipped by the decoder.
 */

/** Field list of one message: `[repeated ]type name number`, or `map name number` for string to string. */
type Fields = readonly string[]

const runtimeMessages: Readonly<Record<string, Fields>> = {
  Empty: [],
  VersionRequest: ['string version 1'],
  VersionResponse: [
    'string version 1',
    'string runtimeName 2',
    'string runtimeVersion 3',
    'string runtimeApiVersion 4',
  ],
  Int64Value: ['int64 value 1'],
  UInt64Value: ['uint64 value 1'],
  DnsConfig: ['repeated string servers 1', 'repeated string searches 2', 'repeated string options 3'],
  PortMapping: ['Protocol protocol 1', 'int32 containerPort 2', 'int32 hostPort 3', 'string hostIp 4'],
  Mount: [
    'string containerPath 1',
    'string hostPath 2',
    'bool readonly 3',
    'bool selinuxRelabel 4',
    'MountPropagation propagation 5',
  ],
  NamespaceOption: ['NamespaceMode network 1', 'NamespaceMode pid 2', 'NamespaceMode ipc 3', 'string targetId 4'],
  SecurityProfile: ['ProfileType profileType 1', 'string localhostRef 2'],
  SandboxSecurityContext: [
    'NamespaceOption namespaceOptions 1',
    'Int64Value runAsUser 3',
    'Int64Value runAsGroup 8',
    'bool readonlyRootfs 4',
    'repeated int64 supplementalGroups 5',
    'bool privileged 6',
    'SecurityProfile seccomp 9',
  ],
  LinuxPodSandboxConfig: ['string cgroupParent 1', 'SandboxSecurityContext securityContext 2', 'map sysctls 3'],
  PodSandboxMetadata: ['string name 1', 'string uid 2', 'string namespace 3', 'uint32 attempt 4'],
  PodSandboxConfig: [
    'PodSandboxMetadata metadata 1',
    'string hostname 2',
    'string logDirectory 3',
    'DnsConfig dnsConfig 4',
    'repeated PortMapping portMappings 5',
    'map labels 6',
    'map annotations 7',
    'LinuxPodSandboxConfig linux 8',
  ],
  RunPodSandboxRequest: ['PodSandboxConfig config 1', 'string runtimeHandler 2'],
  PodSandboxId: ['string podSandboxId 1'],
  PodSandboxStatusRequest: ['string podSandboxId 1', 'bool verbose 2'],
  PodIp: ['string ip 1'],
  PodSandboxNetworkStatus: ['string ip 1', 'repeated PodIp additionalIps 2'],
  PodSandboxStatus: [
    'string id 1',
    'PodSandboxMetadata metadata 2',
    'PodSandboxState state 3',
    'int64 createdAt 4',
    'PodSandboxNetworkStatus network 5',
    'map labels 7',
    'map annotations 8',
  ],
  PodSandboxStatusResponse: ['PodSandboxStatus status 1', 'map info 2'],
  PodSandboxFilter: ['string id 1', 'map labelSelector 3'],
  ListPodSandboxRequest: ['PodSandboxFilter filter 1'],
  PodSandbox: [
    'string id 1',
    'PodSandboxMetadata metadata 2',
    'PodSandboxState state 3',
    'int64 createdAt 4',
    'map labels 5',
    'map annotations 6',
  ],
  ListPodSandboxResponse: ['repeated PodSandbox items 1'],
  ImageSpec: ['string image 1', 'map annotations 2', 'string userSpecifiedImage 18'],
  KeyValue: ['string key 1', 'bytes value 2'],
  LinuxContainerResources: [
    'int64 cpuPeriod 1',
    'int64 cpuQuota 2',
    'int64 cpuShares 3',
    'int64 memoryLimitInBytes 4',
    'int64 oomScoreAdj 5',
    'string cpusetCpus 6',
  ],
  Capability: ['repeated string addCapabilities 1', 'repeated string dropCapabilities 2'],
  ContainerSecurityContext: [
    'Capability capabilities 1',
    'bool privileged 2',
    'NamespaceOption namespaceOptions 3',
    'Int64Value runAsUser 5',
    'Int64Value runAsGroup 12',
    'string runAsUsername 6',
    'bool readonlyRootfs 7',
    'repeated int64 supplementalGroups 8',
    'bool noNewPrivs 11',
    'repeated string maskedPaths 13',
    'repeated string readonlyPaths 14',
    'SecurityProfile seccomp 15',
  ],
  LinuxContainerConfig: ['LinuxContainerResources resources 1', 'ContainerSecurityContext securityContext 2'],
  ContainerMetadata: ['string name 1', 'uint32 attempt 2'],
  Device: ['string containerPath 1', 'string hostPath 2', 'string permissions 3'],
  ContainerConfig: [
    'ContainerMetadata metadata 1',
    'ImageSpec image 2',
    'repeated string command 3',
    'repeated string args 4',
    'string workingDir 5',
    'repeated KeyValue envs 6',
    'repeated Mount mounts 7',
    'repeated Device devices 8',
    'map labels 9',
    'map annotations 10',
    'string logPath 11',
    'bool stdin 12',
    'bool stdinOnce 13',
    'bool tty 14',
    'LinuxContainerConfig linux 15',
  ],
  CreateContainerRequest: ['string podSandboxId 1', 'ContainerConfig config 2', 'PodSandboxConfig sandboxConfig 3'],
  ContainerId: ['string containerId 1'],
  StopContainerRequest: ['string containerId 1', 'int64 timeout 2'],
  ContainerFilter: ['string id 1', 'string podSandboxId 3', 'map labelSelector 4'],
  ListContainersRequest: ['ContainerFilter filter 1'],
  Container: [
    'string id 1',
    'string podSandboxId 2',
    'ContainerMetadata metadata 3',
    'ImageSpec image 4',
    'string imageRef 5',
    'ContainerState state 6',
    'int64 createdAt 7',
    'map labels 8',
    'map annotations 9',
    'string imageId 10',
  ],
  ListContainersResponse: ['repeated Container containers 1'],
  ContainerStatusRequest: ['string containerId 1', 'bool verbose 2'],
  ContainerResources: ['LinuxContainerResources linux 1'],
  ContainerStatus: [
    'string id 1',
    'ContainerMetadata metadata 2',
    'ContainerState state 3',
    'int64 createdAt 4',
    'int64 startedAt 5',
    'int64 finishedAt 6',
    'int32 exitCode 7',
    'ImageSpec image 8',
    'string imageRef 9',
    'string reason 10',
    'string message 11',
    'map labels 12',
    'map annotations 13',
    'string logPath 15',
    'ContainerResources resources 16',
    'string imageId 17',
  ],
  ContainerStatusResponse: ['ContainerStatus status 1', 'map info 2'],
  UpdateContainerResourcesRequest: ['string containerId 1', 'LinuxContainerResources linux 2'],
  ExecSyncRequest: ['string containerId 1', 'repeated string cmd 2', 'int64 timeout 3'],
  ExecSyncResponse: ['bytes stdout 1', 'bytes stderr 2', 'int32 exitCode 3'],
  ExecRequest: [
    'string containerId 1',
    'repeated string cmd 2',
    'bool tty 3',
    'bool stdin 4',
    'bool stdout 5',
    'bool stderr 6',
  ],
  AttachRequest: ['string containerId 1', 'bool stdin 2', 'bool tty 3', 'bool stdout 4', 'bool stderr 5'],
  PortForwardRequest: ['string podSandboxId 1', 'repeated int32 port 2'],
  StreamResponse: ['string url 1'],
  Image: [
    'string id 1',
    'repeated string repoTags 2',
    'repeated string repoDigests 3',
    'uint64 size 4',
    'Int64Value uid 5',
    'string username 6',
  ],
  ImageRequest: ['ImageSpec image 1'],
  ListImagesResponse: ['repeated Image images 1'],
  ImageStatusResponse: ['Image image 1'],
  AuthConfig: [
    'string username 1',
    'string password 2',
    'string auth 3',
    'string serverAddress 4',
    'string identityToken 5',
    'string registryToken 6',
  ],
  PullImageRequest: ['ImageSpec image 1', 'AuthConfig auth 2', 'PodSandboxConfig sandboxConfig 3'],
  PullImageResponse: ['string imageRef 1'],
  RuntimeCondition: ['string type 1', 'bool status 2', 'string reason 3', 'string message 4'],
  RuntimeStatus: ['repeated RuntimeCondition conditions 1'],
  StatusResponse: ['RuntimeStatus status 1'],
  FilesystemIdentifier: ['string mountpoint 1'],
  FilesystemUsage: [
    'int64 timestamp 1',
    'FilesystemIdentifier fsId 2',
    'UInt64Value usedBytes 3',
    'UInt64Value inodesUsed 4',
  ],
  ImageFsInfoResponse: ['repeated FilesystemUsage imageFilesystems 1'],
}

const runtimeEnums: Readonly<Record<string, readonly string[]>> = {
  Protocol: ['TCP', 'UDP', 'SCTP'],
  MountPropagation: ['PROPAGATION_PRIVATE', 'PROPAGATION_HOST_TO_CONTAINER', 'PROPAGATION_BIDIRECTIONAL'],
  NamespaceMode: ['POD', 'CONTAINER', 'NODE', 'TARGET'],
  ProfileType: ['RuntimeDefault', 'Unconfined', 'Localhost'],
  PodSandboxState: ['SANDBOX_READY', 'SANDBOX_NOTREADY'],
  ContainerState: ['CONTAINER_CREATED', 'CONTAINER_RUNNING', 'CONTAINER_EXITED', 'CONTAINER_UNKNOWN'],
}

/** Each method with the messages it takes and gives; a leading `stream ` marks a server stream. */
type Methods = Readonly<Record<string, readonly [request: string, response: string]>>

const runtimeService = {
  Version: ['VersionRequest', 'VersionResponse'],
  RunPodSandbox: ['RunPodSandboxRequest', 'PodSandboxId'],
  StopPodSandbox: ['PodSandboxId', 'Empty'],
  RemovePodSandbox: ['PodSandboxId', 'Empty'],
  PodSandboxStatus: ['PodSandboxStatusRequest', 'PodSandboxStatusResponse'],
  ListPodSandbox: ['ListPodSandboxRequest', 'ListPodSandboxResponse'],
  CreateContainer: ['CreateContainerRequest', 'ContainerId'],
  StartContainer: ['ContainerId', 'Empty'],
  StopContainer: ['StopContainerRequest', 'Empty'],
  RemoveContainer: ['ContainerId', 'Empty'],
  ListContainers: ['ListContainersRequest', 'ListContainersResponse'],
  ContainerStatus: ['ContainerStatusRequest', 'ContainerStatusResponse'],
  UpdateContainerResources: ['UpdateContainerResourcesRequest', 'Empty'],
  ReopenContainerLog: ['ContainerId', 'Empty'],
  ExecSync: ['ExecSyncRequest', 'ExecSyncResponse'],
  Exec: ['ExecRequest', 'StreamResponse'],
  Attach: ['AttachRequest', 'StreamResponse'],
  PortForward: ['PortForwardRequest', 'StreamResponse'],
  Status: ['Empty', 'StatusResponse'],
} as const satisfies Methods
const imageService = {
  ListImages: ['ImageRequest', 'ListImagesResponse'],
  ImageStatus: ['ImageRequest', 'ImageStatusResponse'],
  PullImage: ['PullImageRequest', 'PullImageResponse'],
  RemoveImage: ['ImageRequest', 'Empty'],
  ImageFsInfo: ['Empty', 'ImageFsInfoResponse'],
} as const satisfies Methods

/** containerd's own events: the envelope; payloads stay bytes. */
const eventMessages: Readonly<Record<string, Fields>> = {
  SubscribeRequest: ['repeated string filters 1'],
  Any: ['string typeUrl 1', 'bytes value 2'],
  Envelope: ['string namespace 2', 'string topic 3', 'Any event 4'],
}
const eventService = {
  Subscribe: ['SubscribeRequest', 'stream Envelope'],
} as const satisfies Methods

function messageOf(fields: Fields): object {
  const described = fields.map((field) => {
    const words = field.split(' ')
    const [name, number] = words.slice(-2) as [string, string]
    const id = Number(number)
    if (words[0] === 'map') return [name, { keyType: 'string', type: 'string', id }]
    return [name, words[0] === 'repeated' ? { rule: 'repeated', type: words[1], id } : { type: words[0], id }]
  })
  return { fields: Object.fromEntries(described) }
}
function serviceOf(methods: Methods): object {
  const described = Object.entries(methods).map(([name, [requestType, response]]) => {
    const responseStream = response.startsWith('stream ')
    const responseType = responseStream ? response.slice('stream '.length) : response
    return [name, { requestType, responseType, ...(responseStream ? { responseStream } : {}) }]
  })
  return { methods: Object.fromEntries(described) }
}
const mapValues = <T>(record: Readonly<Record<string, T>>, change: (value: T) => object) =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]))

/** The descriptor in protobuf.js' JSON form, as @grpc/proto-loader's fromJSON takes it. */
export function criDescriptor(): object {
  const enums = mapValues(runtimeEnums, (names) => ({
    values: Object.fromEntries(names.map((name, index) => [name, index])),
  }))
  const runtime = {
    ...mapValues(runtimeMessages, messageOf),
    ...enums,
    RuntimeService: serviceOf(runtimeService),
    ImageService: serviceOf(imageService),
  }
  const events = { ...mapValues(eventMessages, messageOf), Events: serviceOf(eventService) }
  return {
    options: { syntax: 'proto3' },
    nested: {
      runtime: { nested: { v1: { options: { syntax: 'proto3' }, nested: runtime } } },
      containerd: { nested: { services: { nested: { events: { nested: { v1: { nested: events } } } } } } },
    },
  }
}

export type RuntimeMethod = keyof typeof runtimeService | keyof typeof imageService
