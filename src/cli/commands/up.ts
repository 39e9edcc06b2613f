import { chown } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import {
  addToKubeconfig,
  apiIsReady,
  type ClusterSettings,
  cloudNameProblem,
  contextName,
  ensureCloud,
  ensureRunning,
  layoutOf,
  noCloud,
  type OptionalPart,
  optionalParts,
  planSettings,
  preflight,
  readKubeconfigFile,
  stopCluster,
} from '../../cluster/index.ts'
import { clusterNameOf, homeOf, userKubeconfig } from '../clusters.ts'
import {
  admissionFlags,
  admissionWishes,
  authenticationFlags,
  authenticationWishes,
  type Command,
  CommandError,
  configFlag,
  dataDirFlag,
  featureFlags,
  featureWishes,
  type Invocation,
  jsonFlag,
  nameFlag,
} from '../command.ts'
import { UsageError } from '../flags.ts'

/** How long a start may take before it is given up with the reason. */
const startMsMax = 120_000

/** `cox up`: a healthy cluster, whatever was there before. */
export const command: Command = {
  name: 'up',
  summary: 'start a cluster, or repair the one that is there',
  usage:
    'cox up [--name N] [--port P] [--nodes K] [--runtime containerd|simulated] [--cloud C] [--data-dir D] [--config FILE] [--without PART,…] [--feature-gates G=BOOL,…] [--runtime-config API=BOOL,…]',
  positionalMax: 0,
  flags: [
    nameFlag,
    { name: 'port', type: 'number', value: 'P', help: 'port of the API (default: 6443 or the next free one)' },
    {
      name: 'nodes',
      type: 'number',
      value: 'K',
      help: 'how many nodes, simulated or with real containers on this machine (default: 1; remembered)',
    },
    {
      name: 'runtime',
      type: 'string',
      value: 'R',
      help: 'containerd or simulated (default: containerd as root on Linux)',
    },
    {
      name: 'cloud',
      type: 'string',
      value: 'C',
      help: 'the local cloud whose instances the nodes are, or none (see cox cloud; remembered)',
    },
    dataDirFlag,
    configFlag,
    { name: 'without', type: 'list', value: 'PARTS', help: `leave parts out: ${optionalParts.join(', ')}` },
    ...featureFlags,
    ...authenticationFlags,
    ...admissionFlags,
    { name: 'no-switch', type: 'boolean', help: 'leave the current kubectl context as it is' },
    { name: 'log-format', type: 'string', value: 'F', help: 'text or json (default: text)' },
    { name: 'verbosity', short: 'v', type: 'number', value: 'LEVEL', help: 'how much the components log (default: 2)' },
    jsonFlag,
  ],
  run: up,
}

async function up(invocation: Invocation): Promise<number> {
  const { terminal, environment, signal } = invocation
  const name = clusterNameOf(invocation)
  const home = homeOf(environment)
  const wished = wishesOf(invocation)
  const planned = await planSettings({
    name,
    home,
    wished,
    isRoot: environment.isRoot,
    platform: environment.platform,
    workingDirectory: environment.workingDirectory,
  })
  if ('problem' in planned) throw new CommandError(planned.problem)
  const { settings, differences, running } = planned
  for (const note of planned.notes) terminal.say(note)
  if (running && differences.length > 0) {
    throw new CommandError(
      `cluster ${JSON.stringify(name)} is running with other settings (${differences.join('; ')}); run \`cox down --name ${name}\` first to change them`,
    )
  }
  if (running) await startCloud(invocation, settings)
  if (running && (await apiIsReady(settings, signal))) {
    await publish(invocation, settings)
    terminal.say(`cluster ${terminal.style('bold', name)} is already running; nothing was changed`)
    report(invocation, settings)
    return 0
  }
  const missing = await preflight(settings)
  if (missing !== '') throw new CommandError(missing)
  await startCloud(invocation, settings)
  const { promise, stage } = ensureRunning(settings, environment.self, startMsMax, signal)
  try {
    for await (const text of stage) terminal.progress(`${terminal.style('cyan', '•')} ${text}`)
    await promise
  } catch (error) {
    terminal.clearProgress()
    if (signal.aborted) {
      terminal.say('interrupted; taking down what had been started')
      await stopCluster(settings)
      return 130
    }
    throw new CommandError(
      `cluster ${JSON.stringify(name)} did not become ready: ${error instanceof Error ? error.message : String(error)}; \`cox logs --name ${name}\` shows more`,
    )
  }
  terminal.clearProgress()
  await publish(invocation, settings)
  report(invocation, settings)
  return 0
}

/** The cloud that the cluster is in runs, whatever was there before. */
async function startCloud({ environment, terminal }: Invocation, { cloud }: ClusterSettings): Promise<void> {
  if (cloud === undefined) return
  terminal.progress(`starting the cloud ${cloud.name}`)
  try {
    await ensureCloud(cloud.directory, cloud.name, environment.self, undefined)
  } catch (error) {
    throw new CommandError(error instanceof Error ? error.message : String(error))
  } finally {
    terminal.clearProgress()
  }
}

function wishesOf({ flags, environment }: Invocation): Parameters<typeof planSettings>[0]['wished'] {
  const runtime = flags.runtime as string | undefined
  if (runtime !== undefined && runtime !== 'containerd' && runtime !== 'simulated')
    throw new UsageError(`--runtime is containerd or simulated, not ${JSON.stringify(runtime)}`)
  const without = flags.without as readonly string[] | undefined
  const unknown = without?.find((part) => !optionalParts.includes(part as OptionalPart))
  if (unknown !== undefined)
    throw new UsageError(`--without knows ${optionalParts.join(', ')}, not ${JSON.stringify(unknown)}`)
  const format = flags['log-format'] as string | undefined
  if (format !== undefined && format !== 'text' && format !== 'json')
    throw new UsageError(`--log-format is text or json, not ${JSON.stringify(format)}`)
  const cloud = flags.cloud as string | undefined
  const cloudProblem = cloud === undefined || cloud === noCloud ? '' : cloudNameProblem(cloud)
  if (cloudProblem !== '') throw new UsageError(cloudProblem)
  const port = flags.port as number | undefined
  if (port !== undefined && (port < 1 || port > 65535)) throw new UsageError(`--port is from 1 to 65535, not ${port}`)
  const nodes = flags.nodes as number | undefined
  const dataDirectory = flags['data-dir'] as string | undefined
  return {
    ...(port === undefined ? {} : { port }),
    ...(nodes === undefined ? {} : { nodes }),
    ...(runtime === undefined ? {} : { runtime }),
    ...(cloud === undefined ? {} : { cloud }),
    ...(dataDirectory === undefined ? {} : { dataDirectory: resolve(environment.workingDirectory, dataDirectory) }),
    ...(flags.config === undefined
      ? {}
      : { configFile: resolve(environment.workingDirectory, flags.config as string) }),
    ...featureWishes(flags),
    ...authenticationWishes(flags, (path) => resolve(environment.workingDirectory, path)),
    ...admissionWishes(flags, (path) => resolve(environment.workingDirectory, path)),
    ...(without === undefined ? {} : { without: without as readonly OptionalPart[] }),
    ...(format === undefined ? {} : { logFormat: format }),
    ...(flags.verbosity === undefined ? {} : { verbosity: flags.verbosity as number }),
  }
}

/** Writes the context into the user's kubeconfig. */
async function publish({ flags, environment }: Invocation, settings: ClusterSettings): Promise<void> {
  const { file, owner } = await userKubeconfig(environment)
  await addToKubeconfig(
    file,
    await readKubeconfigFile(layoutOf(settings.dataDirectory).kubeconfig),
    flags['no-switch'] !== true,
  )
  if (owner !== undefined) {
    await chown(file, owner.uid, owner.gid)
    await chown(dirname(file), owner.uid, owner.gid)
  }
}

function report({ terminal, flags }: Invocation, settings: ClusterSettings): void {
  const server = `https://127.0.0.1:${settings.port}`
  if (flags.json === true) {
    terminal.out(
      JSON.stringify({
        name: settings.name,
        server,
        context: contextName(settings.name),
        dataDirectory: settings.dataDirectory,
        nodes: settings.nodes,
        runtime: settings.runtime,
        ...(settings.cloud === undefined ? {} : { cloud: settings.cloud.name }),
      }),
    )
    return
  }
  terminal.out(`cluster ${settings.name} is ready at ${server} (kubectl context ${contextName(settings.name)})`)
}
