/** What CRI answers, as the decoder hands it over: defaults filled, 64-bit numbers and enums as text. */
export interface CriSandboxMetadata {
  readonly name: string
  readonly uid: string
  readonly namespace: string
  readonly attempt: number
}
export interface CriSandbox {
  readonly id: string
  readonly metadata: CriSandboxMetadata
  readonly state: 'SANDBOX_READY' | 'SANDBOX_NOTREADY'
  readonly createdAt: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}
export interface CriSandboxStatus extends CriSandbox {
  readonly network: { readonly ip: string; readonly additionalIps: readonly { readonly ip: string }[] } | null
}
export type CriContainerState = 'CONTAINER_CREATED' | 'CONTAINER_RUNNING' | 'CONTAINER_EXITED' | 'CONTAINER_UNKNOWN'
export interface CriContainer {
  readonly id: string
  readonly podSandboxId: string
  readonly metadata: { readonly name: string; readonly attempt: number }
  readonly image: { readonly image: string } | null
  readonly imageRef: string
  readonly imageId: string
  readonly state: CriContainerState
  readonly createdAt: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}
export interface CriLinuxResources {
  readonly cpuPeriod: string
  readonly cpuQuota: string
  readonly cpuShares: string
  readonly memoryLimitInBytes: string
  readonly oomScoreAdj: string
  readonly cpusetCpus: string
}
export interface CriContainerStatus {
  readonly id: string
  readonly metadata: { readonly name: string; readonly attempt: number }
  readonly state: CriContainerState
  readonly createdAt: string
  readonly startedAt: string
  readonly finishedAt: string
  readonly exitCode: number
  readonly image: { readonly image: string } | null
  readonly imageRef: string
  readonly imageId: string
  readonly reason: string
  readonly message: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly logPath: string
  readonly resources: { readonly linux: CriLinuxResources | null } | null
}
export interface CriImage {
  readonly id: string
  readonly repoTags: readonly string[]
  readonly repoDigests: readonly string[]
  readonly size: string
  readonly uid: { readonly value: string } | null
  readonly username: string
}
