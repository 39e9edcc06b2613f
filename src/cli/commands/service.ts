import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { needCluster } from '../clusters.ts'
import { type Command, CommandError, nameFlag } from '../command.ts'
import { UsageError } from '../flags.ts'

/** `cox service`: a systemd unit, so that the cluster survives a reboot. */
export const command: Command = {
  name: 'service',
  summary: 'install or remove the systemd unit that starts a cluster at boot',
  usage: 'cox service install|remove [--name N]',
  positionalMax: 1,
  flags: [
    nameFlag,
    { name: 'unit-dir', type: 'string', value: 'D', help: 'where units lie (default: /etc/systemd/system)' },
  ],
  async run(invocation) {
    const { positional, environment, flags, terminal } = invocation
    const [verb] = positional
    if (verb !== 'install' && verb !== 'remove') throw new UsageError('say install or remove')
    if (!environment.isRoot) throw new CommandError('units can only be written by root; run this with sudo')
    const { settings } = await needCluster(invocation)
    const unit = `coxswain-${settings.name}.service`
    const file = join((flags['unit-dir'] as string | undefined) ?? '/etc/systemd/system', unit)
    if (verb === 'remove') {
      await rm(file, { force: true })
      terminal.out(`${file} is gone; run \`systemctl daemon-reload\` for systemd to notice`)
      return 0
    }
    await writeFile(file, unitText(settings.name, environment.self, environment.variables.PATH ?? '')).catch(
      (error: Error) => {
        throw new CommandError(`${file} could not be written: ${error.message}`)
      },
    )
    terminal.out(`wrote ${file}; run \`systemctl daemon-reload && systemctl enable --now ${unit}\``)
    return 0
  },
}

function unitText(name: string, [node, entry]: readonly [string, string], path: string): string {
  return [
    '[Unit]',
    `Description=Coxswain cluster ${name}`,
    'After=network-online.target',
    'Wants=network-online.target',
    '',
    '[Service]',
    'Type=simple',
    `Environment=PATH=${path}`,
    `ExecStart=${node} ${entry} supervise --name ${name}`,
    `ExecStop=${node} ${entry} down --name ${name}`,
    'Restart=on-failure',
    'KillMode=process',
    'Delegate=yes',
    'LimitNOFILE=1048576',
    '',
    '[Install]',
    'WantedBy=multi-user.target',
    '',
  ].join('\n')
}
