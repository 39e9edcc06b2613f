import { resolve } from 'node:path'
import { planSettings, runClusterProcess } from '../../cluster/index.ts'
import { clusterNameOf, homeOf } from '../clusters.ts'
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
  nameFlag,
} from '../command.ts'

/** `cox server`: the control plane alone, in the foreground. */
export const command: Command = {
  name: 'server',
  summary: 'run a control plane without nodes, in the foreground',
  usage:
    'cox server [--name N] [--port P] [--data-dir D] [--config FILE] [--feature-gates G=BOOL,…] [--runtime-config API=BOOL,…]',
  positionalMax: 0,
  flags: [
    nameFlag,
    { name: 'port', type: 'number', value: 'P', help: 'port of the API' },
    dataDirFlag,
    configFlag,
    ...featureFlags,
    ...authenticationFlags,
    ...admissionFlags,
  ],
  async run(invocation) {
    const { flags, environment, signal, terminal } = invocation
    const planned = await planSettings({
      name: clusterNameOf(invocation),
      home: homeOf(environment),
      wished: {
        without: ['kubelet', 'proxy', 'dns'],
        nodes: 0,
        runtime: 'simulated',
        ...(flags.port === undefined ? {} : { port: flags.port as number }),
        ...(flags.config === undefined
          ? {}
          : { configFile: resolve(environment.workingDirectory, flags.config as string) }),
        ...featureWishes(flags),
        ...authenticationWishes(flags, (path) => resolve(environment.workingDirectory, path)),
        ...admissionWishes(flags, (path) => resolve(environment.workingDirectory, path)),
        ...(flags['data-dir'] === undefined ? {} : { dataDirectory: flags['data-dir'] as string }),
      },
      isRoot: environment.isRoot,
      platform: environment.platform,
      workingDirectory: environment.workingDirectory,
    })
    if ('problem' in planned) throw new CommandError(planned.problem)
    if (planned.running)
      throw new CommandError(
        `cluster ${JSON.stringify(planned.settings.name)} is already running; stop it with \`cox down\` first`,
      )
    terminal.say(
      `serving https://127.0.0.1:${planned.settings.port}; kubeconfig: ${planned.settings.dataDirectory}/kubeconfig`,
    )
    return runClusterProcess(planned.settings, environment.self, signal)
  },
}
