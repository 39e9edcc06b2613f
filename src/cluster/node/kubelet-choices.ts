import type { KubeletSettings, VerificationPolicy } from '../../kubelet/index.ts'
import { addQuantities, parseDuration, parseQuantity, quantityText, wholeValueOf } from '../../machinery/index.ts'
import { chooseGates, defaultGates } from '../../resources/index.ts'
import type { KubeletChoices } from '../config/components.ts'
import type { ClusterSettings } from '../config/settings.ts'

type ChosenSettings = Pick<
  KubeletSettings,
  | 'clusterDomain'
  | 'clusterDns'
  | 'maxPods'
  | 'taints'
  | 'reserved'
  | 'resolvConf'
  | 'allowedUnsafeSysctls'
  | 'providerId'
  | 'logs'
  | 'pullsAtOnceMax'
  | 'imageGc'
  | 'imageVerification'
  | 'thresholds'
  | 'softThresholds'
  | 'minimumReclaim'
  | 'softGraceSecondsMax'
  | 'pressureTransitionMs'
  | 'declaredFeatures'
>

/** Kubernetes: what a kubelet declares, of what it has by its feature gates. */
const declarable = [
  'ExtendWebSocketsToKubelet',
  'InPlacePodLevelResourcesVerticalScaling',
  'InPlacePodVerticalScalingInitContainers',
  'RestartAllContainersOnContainerExits',
]

function gatesOf({ features }: ClusterSettings) {
  const chosen = chooseGates(features?.gates ?? {})
  return 'problem' in chosen ? defaultGates : chosen.gates
}

function declaredFeaturesOf(settings: ClusterSettings): readonly string[] {
  const gates = gatesOf(settings)
  return declarable.filter((name) => gates.enabled(name))
}

/** What a KubeletConfiguration decides, the rest as Kubernetes has it by default. */
export function kubeletSettingsOf(settings: ClusterSettings): ChosenSettings {
  const choices: KubeletChoices = settings.components?.kubelet ?? {}
  const { providerID: providerId, containerLogMaxSize, containerLogMaxFiles } = choices
  const pullsAtOnceMax = pullsAtOnceOf(choices)
  return {
    clusterDomain: settings.network.clusterDomain,
    clusterDns: choices.clusterDNS ?? (settings.without.includes('dns') ? [] : [settings.network.dnsAddress]),
    maxPods: choices.maxPods ?? 110,
    taints: choices.registerWithTaints ?? [],
    reserved: reservedOf(choices),
    resolvConf: choices.resolvConf ?? '/etc/resolv.conf',
    allowedUnsafeSysctls: choices.allowedUnsafeSysctls ?? [],
    logs: {
      ...(containerLogMaxSize === undefined ? {} : { bytesMax: wholeValueOf(parseQuantity(containerLogMaxSize)) }),
      ...(containerLogMaxFiles === undefined ? {} : { filesMax: containerLogMaxFiles }),
    },
    imageGc: imageGcOf(choices),
    ...(gatesOf(settings).enabled('KubeletEnsureSecretPulledImages') ? { imageVerification: policyOf(choices) } : {}),
    declaredFeatures: declaredFeaturesOf(settings),
    ...evictionOf(choices),
    ...(pullsAtOnceMax === undefined ? {} : { pullsAtOnceMax }),
    ...(providerId === undefined ? {} : { providerId }),
  }
}

function evictionOf(choices: KubeletChoices): Partial<ChosenSettings> {
  const { evictionHard, evictionSoft, evictionSoftGracePeriod = {}, evictionMaxPodGracePeriod } = choices
  const { evictionMinimumReclaim, evictionPressureTransitionPeriod } = choices
  const soft = Object.entries(evictionSoft ?? {}).map(([signal, value]) => [
    signal,
    { value, graceMs: parseDuration(evictionSoftGracePeriod[signal] ?? '0s') },
  ])
  return {
    ...(evictionHard === undefined ? {} : { thresholds: evictionHard }),
    ...(evictionSoft === undefined ? {} : { softThresholds: Object.fromEntries(soft) }),
    ...(evictionMaxPodGracePeriod === undefined ? {} : { softGraceSecondsMax: evictionMaxPodGracePeriod }),
    ...(evictionMinimumReclaim === undefined ? {} : { minimumReclaim: evictionMinimumReclaim }),
    ...(evictionPressureTransitionPeriod === undefined
      ? {}
      : { pressureTransitionMs: parseDuration(evictionPressureTransitionPeriod) }),
  }
}

/** Kubernetes: what the system and its own parts keep for themselves adds up. */
function reservedOf({ systemReserved = {}, kubeReserved = {} }: KubeletChoices): Readonly<Record<string, string>> {
  const names = new Set([...Object.keys(systemReserved), ...Object.keys(kubeReserved)])
  const amountOf = (from: Readonly<Record<string, string>>, name: string) => parseQuantity(from[name] ?? '0')
  return Object.fromEntries(
    [...names].map((name) => [
      name,
      quantityText(addQuantities(amountOf(systemReserved, name), amountOf(kubeReserved, name))),
    ]),
  )
}

/** Kubernetes: serializeImagePulls, on by default, beats maxParallelImagePulls. Ours pull side by side unless told not to. */
function pullsAtOnceOf({ serializeImagePulls, maxParallelImagePulls }: KubeletChoices): number | undefined {
  return serializeImagePulls === true ? 1 : maxParallelImagePulls
}

function policyOf(choices: KubeletChoices): VerificationPolicy {
  const { imagePullCredentialsVerificationPolicy: name = 'NeverVerifyPreloadedImages' } = choices
  return { name, allowlist: choices.preloadedImagesVerificationAllowlist ?? [] }
}

function imageGcOf(choices: KubeletChoices): NonNullable<KubeletSettings['imageGc']> {
  const { imageGCHighThresholdPercent: highPercent, imageGCLowThresholdPercent: lowPercent } = choices
  const { imageMinimumGCAge: minAge, imageMaximumGCAge: maxAge } = choices
  return {
    ...(highPercent === undefined ? {} : { highPercent }),
    ...(lowPercent === undefined ? {} : { lowPercent }),
    ...(minAge === undefined ? {} : { minAgeMs: parseDuration(minAge) }),
    ...(maxAge === undefined ? {} : { maxAgeMs: parseDuration(maxAge) }),
  }
}
