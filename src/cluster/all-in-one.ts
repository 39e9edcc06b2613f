import { mkdir } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { firstAddress, type Log, LogLevels, systemClock } from '../machinery/index.ts'
import { openSqliteStore, type Store, StoreOpenError } from '../store/index.ts'
import { openPkiBeside, type PkiRequest } from './certificates/pki.ts'
import type { ClusterSettings } from './config/settings.ts'
import { openLogFiles } from './logs/files.ts'
import { gatewayOf, nodeAddressOf } from './node/places.ts'
import { layoutOf, readEncryptionChoice, writeState } from './process/directory.ts'
import { exitWithoutRestart } from './process/supervise.ts'

/** The whole cluster in this process, until the signal aborts. Resolves with the exit code. */
export async function runClusterProcess(settings: ClusterSettings, signal: AbortSignal): Promise<number> {
  const clock = systemClock()
  const layout = layoutOf(settings.dataDirectory)
  const levels = new LogLevels(() => settings.verbosity)
  const logs = openLogFiles(layout.logs, clock, { format: settings.logFormat, levels })
  const log = logs.of('apiserver')
  // An orphaned promise is a bug to be found in the log, not a reason to take a cluster down.
  process.on('unhandledRejection', (error) => log.error('a promise was rejected and nobody was waiting', error))
  await mkdir(layout.run, { recursive: true })
  await writeState(settings.dataDirectory, { stage: 'opening the store' })
  // Certificates are read, or made, and the store opens, in threads of their own while the rest of the code loads.
  const address = nodeAddressOf(networkInterfaces(), settings)
  const request = pkiRequestOf(settings, address)
  const opening = openPkiBeside(request, clock.now())
  opening.catch(() => {})
  const storing = openStore(settings, log)
  storing.catch(() => {})
  const { runCluster } = await import('./whole-cluster.ts')
  const store = await storing
  if (typeof store === 'number') return store
  await using _store = store
  const stop = new AbortController()
  // Who is served finishes before anything ends.
  const beforeStop: (() => Promise<void>)[] = []
  const onAbort = () => void Promise.allSettled(beforeStop.map((one) => one())).then(() => stop.abort(signal.reason))
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) stop.abort(signal.reason)
  const running: Promise<void>[] = []
  try {
    await runCluster(
      { settings, store, clock, logs, levels, log, running, beforeStop, address, request, pki: await opening },
      stop,
    )
  } catch (error) {
    if (!signal.aborted) {
      log.error('the cluster process ends', error)
      await writeState(settings.dataDirectory, { problem: error instanceof Error ? error.message : String(error) })
    }
  } finally {
    stop.abort()
    await Promise.allSettled(running)
    await writeState(settings.dataDirectory, { ready: false, stage: 'stopped' })
  }
  return signal.aborted ? 0 : 1
}

/** The cluster's store, or the exit code when it cannot be opened as it is. */
async function openStore({ dataDirectory }: ClusterSettings, log: Log): Promise<Store | number> {
  try {
    const choice = await readEncryptionChoice(dataDirectory)
    const encryption = choice === undefined ? [] : (await import('./config/encryption.ts')).encryptionRules(choice)
    return await openSqliteStore({ directory: layoutOf(dataDirectory).store, encryption })
  } catch (error) {
    if (!(error instanceof StoreOpenError)) throw error
    await writeState(dataDirectory, { ready: false, problem: error.message })
    log.error('the store cannot be opened', error)
    // A store that is in use may be free soon; all else would be the same the next time.
    return error.reason === 'locked' ? 1 : exitWithoutRestart
  }
}

function pkiRequestOf(settings: ClusterSettings, address: string): PkiRequest {
  const { network, nodeName } = settings
  const service = [
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    `kubernetes.default.svc.${network.clusterDomain}`,
  ]
  return {
    directory: layoutOf(settings.dataDirectory).pki,
    apiServerNames: [
      ...service,
      'localhost',
      nodeName,
      '127.0.0.1',
      '::1',
      address,
      gatewayOf(network.podCidr),
      firstAddress(network.serviceCidr),
    ],
    kubeletNames: [nodeName, 'localhost', '127.0.0.1', address],
    nodeName,
  }
}
