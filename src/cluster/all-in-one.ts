import { mkdir } from 'node:fs/promises'
import { hostname, networkInterfaces } from 'node:os'
import { firstAddress, type Log, LogLevels, Metrics, systemClock, systemRandom } from '../machinery/index.ts'
import { openSqliteStore, type SqliteStore, StoreOpenError } from '../store/index.ts'
import { openPki, type PkiRequest } from './certificates/pki.ts'
import type { EncryptionChoice } from './config/encryption.ts'
import type { ClusterSettings } from './config/settings.ts'
import { openLogFiles } from './logs/files.ts'
import { gatewayOf, nodeAddressOf } from './node/places.ts'
import { layoutOf, readEncryptionChoice, writeState } from './process/directory.ts'
import type { Command } from './process/programs.ts'
import { exitWithoutRestart } from './process/supervise.ts'
import type { EncryptionAtRest } from './whole-cluster.ts'

/** The whole cluster in this process, until the signal aborts. Resolves with the exit code. */
export async function runClusterProcess(
  settings: ClusterSettings,
  command: Command,
  signal: AbortSignal,
): Promise<number> {
  const clock = systemClock()
  const layout = layoutOf(settings.dataDirectory)
  const levels = new LogLevels(() => settings.verbosity)
  const logs = openLogFiles(layout.logs, clock, { format: settings.logFormat, levels })
  const log = logs.of('apiserver')
  // An orphaned promise is a bug to be found in the log, not a reason to take a cluster down.
  process.on('unhandledRejection', (error) => log.error('a promise was rejected and nobody was waiting', error))
  await mkdir(layout.run, { recursive: true })
  await writeState(settings.dataDirectory, { stage: 'opening the store' })
  const choice = await readEncryptionChoice(settings.dataDirectory)
  // The store opens, and the key that signs tokens is found, on threads of their own while this one loads the rest.
  const metrics = new Metrics()
  const storing = openStore(settings, choice, log, metrics)
  storing.catch(() => {})
  const address = nodeAddressOf(networkInterfaces(), settings)
  const request = pkiRequestOf(settings, address)
  const opening = openPki(request, clock.now())
  opening.catch(() => {})
  const { runCluster } = await import('./whole-cluster.ts')
  const store = await storing
  if (typeof store === 'number') return store
  await using _store = store.store
  const stop = new AbortController()
  // Who is served finishes before anything ends.
  const beforeStop: (() => Promise<void>)[] = []
  const onAbort = () => void Promise.allSettled(beforeStop.map((one) => one())).then(() => stop.abort(signal.reason))
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) stop.abort(signal.reason)
  const running: Promise<void>[] = []
  try {
    await runCluster(
      {
        settings,
        command,
        ...store,
        metrics,
        clock,
        logs,
        levels,
        log,
        running,
        beforeStop,
        address,
        request,
        pki: await opening,
      },
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
async function openStore(
  { dataDirectory, encryptionConfig, encryptionReload = false }: ClusterSettings,
  choice: EncryptionChoice | undefined,
  log: Log,
  metrics: Metrics,
): Promise<{ readonly store: SqliteStore; readonly encryption?: EncryptionAtRest } | number> {
  try {
    const directory = layoutOf(dataDirectory).store
    if (choice === undefined && encryptionConfig === undefined) return { store: await openSqliteStore({ directory }) }
    const [{ openEncryption, encryptionOfText }, { sealingMeasures }, { followedFile }] = await Promise.all([
      import('./kms/encryption.ts'),
      import('./kms/measures.ts'),
      import('./config/followed-file.ts'),
    ])
    const clock = systemClock()
    const file =
      encryptionConfig === undefined ? undefined : followedFile(encryptionConfig, 'EncryptionConfiguration', clock)
    const text = await file?.read()
    const parts = { clock, random: systemRandom(), metrics }
    const opened = await openEncryption(text === undefined ? (choice ?? []) : encryptionOfText(text), parts)
    const kms = { clock, plugins: opened.plugins }
    const measures = sealingMeasures({ metrics, hostname: hostname(), now: () => clock.now() })
    const store = await openSqliteStore({ directory, encryption: opened.rules, kms, measures })
    const followed = !encryptionReload || file === undefined || text === undefined ? {} : { followed: { file, text } }
    return { store, encryption: { opened, ...followed } }
  } catch (error) {
    if (!(error instanceof StoreOpenError) && encryptionConfig === undefined) throw error
    const problem = error instanceof Error ? error.message : String(error)
    await writeState(dataDirectory, { ready: false, problem })
    log.error('the store cannot be opened', error)
    // A store that is in use may be free soon, a plugin that is away back; all else would be the same the next time.
    return error instanceof StoreOpenError && ['locked', 'unavailable'].includes(error.reason) ? 1 : exitWithoutRestart
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
