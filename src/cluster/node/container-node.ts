import { join } from 'node:path'
import { createEventRecorder } from '../../client/index.ts'
import {
  type ContainerdSettings,
  certificateMeasures,
  createCriRuntime,
  type Kubelet,
  kubeletHandlers,
  machineRoom,
  runKubelet,
  startContainerd,
  systemCgroups,
  thisMachine,
} from '../../kubelet/index.ts'
import { type Clock, describeSelf, type Log, type Random } from '../../machinery/index.ts'
import { chooseGates, defaultGates } from '../../resources/index.ts'
import { openFront } from '../../wire/index.ts'
import type { KeyPair } from '../certificates/key-pair.ts'
import type { Pki } from '../certificates/pki.ts'
import { openKubeletHealth } from '../component-pages/kubelet-health.ts'
import type { ClusterSettings } from '../config/settings.ts'
import type { Access } from '../control-plane.ts'
import { layoutOf } from '../process/directory.ts'
import { kubernetesVersion, versionInfo } from '../version.ts'
import { kubeletSettingsOf } from './kubelet-choices.ts'
import { serveImages } from './node-images.ts'
import { cgroupOf, containerdSettingsOf } from './places.ts'
import { endDaemon } from './sweep.ts'

export interface ContainerNodeParts {
  readonly settings: ClusterSettings
  readonly access: Access
  readonly address: string
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly containerdLog: Log
  readonly pki: () => NodePki
  /** Its place in the pods' network, when it is not the cluster's first node. */
  readonly containerdSettings?: ContainerdSettings
  /** Where containerd's own log goes. */
  readonly logDirectory: string
  /** The cgroup above its pods', when it is not the cluster's. */
  readonly cgroup?: string
  /** PEM of what the kubelet shows to the API server; left out where both are in one process. */
  readonly clientCertificate?: string
  /** In place of those of a control plane's node. */
  readonly labels?: Readonly<Record<string, string>>
}
/** What the kubelet shows, and the authority of those who may call it. */
export type NodePki = Pick<Pki, 'kubeletServer'> & { readonly authority: Pick<KeyPair, 'cert'> }

/** A renewed certificate is shown this soon; the old one is still good for weeks. */
const renewalCheckMs = 60_000
/** This machine as a node with real containers: our own containerd, and the kubelet on it. */
export async function runContainerNode(parts: ContainerNodeParts, signal: AbortSignal): Promise<void> {
  const { settings, clock, random, access, log } = parts
  const layout = layoutOf(settings.dataDirectory)
  const containerdSettings = parts.containerdSettings ?? containerdSettingsOf(settings)
  const cgroups = systemCgroups(clock)
  const machine = thisMachine(settings.dataDirectory)
  await using _images = await serveImages(settings, random, (error) => log.warn('an image is not served', { error }))
  await endDaemon(containerdSettings.runDirectory, clock)
  const containerd = await startContainerd(
    {
      settings: containerdSettings,
      clock,
      cgroups,
      architecture: process.arch,
      logFile: join(parts.logDirectory, 'containerd.log'),
      onRestart: (why) => parts.containerdLog.warn('containerd is started again', { why }),
    },
    signal,
  )
  let serving: Promise<void> = Promise.resolve()
  using runtime = await createCriRuntime({ socket: containerd.socket, clock, cgroups })
  const record = createEventRecorder({
    client: access.client,
    clock,
    random,
    component: 'kubelet',
    host: settings.nodeName,
    signal,
  })
  await runKubelet(
    {
      settings: {
        ...kubeletSettingsOf(settings),
        nodeName: settings.nodeName,
        rootDirectory: join(layout.node, 'kubelet'),
        logDirectory: join(layout.node, 'logs', 'pods'),
        nodeIps: [parts.address],
        hostname: settings.nodeName,
        port: settings.network.kubeletPort,
        cgroupRoot: `${parts.cgroup ?? cgroupOf(settings)}/kubepods`,
        labels: parts.labels ?? {},
        runtimeName: 'containerd',
        version: kubernetesVersion,
      },
      machine,
      room: () => machineRoom({ pods: layout.node, images: containerdSettings.directory }),
      client: access.client,
      informers: access.informers,
      runtime,
      cgroups,
      clock,
      random,
      record,
      complain: (about, error) =>
        log.warn('will be tried again', { about, error: error instanceof Error ? error.message : String(error) }),
      pid: process.pid,
      onReady: (kubelet) => {
        serving = serveKubelet(kubelet, parts, signal)
        serving.catch((error) =>
          log.error('the kubelet does not answer on its port', error, { port: settings.network.kubeletPort }),
        )
      },
    },
    signal,
  )
  await serving
  await containerd.stopped
}

/** What the kubelet was started with, under the names of Kubernetes' flags. */
function kubeletFlags(settings: Kubelet['settings']): Readonly<Record<string, string>> {
  const pairs = (map: Readonly<Record<string, string>>) =>
    Object.entries(map)
      .map(([name, value]) => `${name}=${value}`)
      .join(',')
  return {
    'cgroup-root': settings.cgroupRoot,
    'cluster-dns': settings.clusterDns.join(','),
    'cluster-domain': settings.clusterDomain,
    'hostname-override': settings.nodeName,
    'max-pods': String(settings.maxPods),
    'node-ip': settings.nodeIps.join(','),
    'node-labels': pairs(settings.labels),
    port: String(settings.port),
    'resolv-conf': settings.resolvConf,
    'root-dir': settings.rootDirectory,
    'system-reserved': pairs(settings.reserved),
  }
}

/** The kubelet's own API over mutual TLS, until the signal aborts. */
async function serveKubelet(kubelet: Kubelet, parts: ContainerNodeParts, signal: AbortSignal): Promise<void> {
  const { access, pki, settings, clock, log } = parts
  let { kubeletServer } = pki()
  const chosen = chooseGates(settings.features?.gates ?? {})
  const gates = 'problem' in chosen ? defaultGates : chosen.gates
  const rotated = certificateMeasures(kubelet.metrics, clock, {
    server: () => kubeletServer.cert,
    client: () => parts.clientCertificate,
  })
  const tlsNow = () => ({ ...kubeletServer, clientCa: pki().authority.cert })
  const handlers = kubeletHandlers(kubelet, {
    client: access.client,
    clientCa: () => pki().authority.cert,
    self: describeSelf(
      'kubelet',
      { clock, version: versionInfo(), flags: () => kubeletFlags(kubelet.settings) },
      gates,
    ),
  })
  await using _health = await openKubeletHealth(settings)
  await using front = await openFront({ port: settings.network.kubeletPort, tls: tlsNow(), clock, ...handlers })
  while (!signal.aborted) {
    await clock.sleep(renewalCheckMs, signal).catch(() => {})
    if (signal.aborted || pki().kubeletServer.cert === kubeletServer.cert) continue
    rotated(kubeletServer.cert)
    kubeletServer = pki().kubeletServer
    front.renew(tlsNow())
    log.info('the serving certificate was renewed')
  }
}
