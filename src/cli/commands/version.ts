import { kubernetesVersion, packageVersion } from '../../cluster/index.ts'
import { type Command, jsonFlag } from '../command.ts'

/** `cox version`. */
export const command: Command = {
  name: 'version',
  summary: 'print the versions of cox, of Kubernetes and of Node.js',
  usage: 'cox version [--json]',
  positionalMax: 0,
  flags: [jsonFlag],
  async run({ terminal, flags }) {
    const versions = { coxswain: packageVersion(), kubernetes: kubernetesVersion, node: process.version }
    terminal.out(
      flags.json === true
        ? JSON.stringify(versions)
        : `coxswain ${versions.coxswain} (Kubernetes ${versions.kubernetes}, Node.js ${versions.node})`,
    )
    return 0
  },
}
