import {
  cloudNameProblem,
  cloudRuns,
  ensureCloud,
  ownedCloud,
  readCloud,
  runCloud,
  stopCloud,
} from '../../cluster/index.ts'
import { disks } from '../cloud/disks.ts'
import { instances } from '../cloud/instances.ts'
import { balancers } from '../cloud/load-balancers.ts'
import { roles } from '../cloud/roles.ts'
import { routes } from '../cloud/routes.ts'
import { inCommand, type Thing } from '../cloud/thing.ts'
import { homeOf } from '../clusters.ts'
import { type Command, CommandError, type Invocation, jsonFlag } from '../command.ts'
import { UsageError } from '../flags.ts'
import { table } from '../terminal.ts'

const things: readonly Thing[] = [instances, routes, balancers, disks, roles]
const cloudDefault = 'local'
const wordsMax = 3

/** `cox cloud`: a cloud on this machine, which clusters may be in. */
export const command: Command = {
  name: 'cloud',
  summary: 'a local cloud that clusters may be in: instances, routes, load balancers, disks, roles',
  usage: [
    'cox cloud up|down|status|list|serve [--cloud C]',
    ...things.map(({ names, verbs }) => `       cox cloud ${names[0]} ${Object.keys(verbs).join('|')}`),
    '',
    '       cox up --cloud C                        a cluster whose nodes are its instances',
    '       cox cloud role edit R --rule NAME --deny vpc:CreateRouteEntry [--on route/10.244.1.*]',
    '       cox cloud role edit R --remove NAME     and the cluster goes on by itself',
  ].join('\n'),
  positionalMax: wordsMax,
  flags: [
    { name: 'cloud', type: 'string', value: 'C', help: `the cloud (default: ${cloudDefault})` },
    { name: 'port', type: 'number', value: 'P', help: 'up: port of its API (default: the one it had, or a free one)' },
    { name: 'purge', type: 'boolean', help: 'down: also forget all that it has' },
    { name: 'cluster', type: 'string', value: 'N', help: 'instance: whose it is' },
    { name: 'cpus', type: 'number', value: 'N', help: 'instance create: processors (default: 2)' },
    { name: 'memory', type: 'string', value: 'Q', help: 'instance create: memory (default: 4Gi)' },
    { name: 'zone', type: 'string', value: 'Z', help: 'instance and disk create: where (default: the emptiest)' },
    { name: 'role', type: 'string', value: 'R', help: 'instance create and edit: the role that is bound to it' },
    { name: 'instance', type: 'string', value: 'ID', help: 'route and disk: where to' },
    { name: 'size', type: 'number', value: 'N', help: 'disk create and edit: how large, in GiB' },
    { name: 'backends', type: 'list', value: 'IDS', help: 'load-balancer edit: the instances behind it' },
    { name: 'address', type: 'string', value: 'A', help: 'load-balancer edit: its address' },
    { name: 'rules', type: 'string', value: 'FILE', help: 'role create and edit: all rules, as YAML (- for stdin)' },
    { name: 'rule', type: 'string', value: 'NAME', help: 'role edit: the rule to be set' },
    { name: 'allow', type: 'list', value: 'ACTIONS', help: 'role edit: what that rule allows' },
    { name: 'deny', type: 'list', value: 'ACTIONS', help: 'role edit: what that rule denies' },
    { name: 'on', type: 'list', value: 'RESOURCES', help: 'role edit: on what (default: *)' },
    { name: 'remove', type: 'string', value: 'NAME', help: 'role edit: the rule to be taken away' },
    jsonFlag,
  ],
  async run(invocation) {
    const [first = '', second = 'list', ...words] = invocation.positional
    const own = clouds[first]
    if (own !== undefined) {
      if (invocation.positional.length > 1) throw new UsageError(`unexpected argument ${JSON.stringify(second)}`)
      return own(invocation)
    }
    const thing = things.find(({ names }) => names.includes(first))
    if (thing === undefined)
      throw new UsageError(`say ${[...Object.keys(clouds), ...things.map(({ names }) => names[0]!)].join(', ')}`)
    const verb = thing.verbs[second]
    if (verb === undefined) throw new UsageError(`say what to do: ${Object.keys(thing.verbs).join(', ')}`)
    const api = await needCloud(invocation)
    const { data, text } = await inCommand(() => verb({ ...invocation, api, words }))
    invocation.terminal.out(invocation.flags.json === true ? JSON.stringify(data) : text)
    return 0
  },
}

function placeOf({ flags, environment }: Invocation): { readonly name: string; readonly directory: string } {
  const name = (flags.cloud as string | undefined) ?? cloudDefault
  const problem = cloudNameProblem(name)
  if (problem !== '') throw new UsageError(problem)
  return { name, directory: homeOf(environment).cloudDirectory(name) }
}

async function needCloud(invocation: Invocation) {
  const { name, directory } = placeOf(invocation)
  if (!cloudRuns(await readCloud(directory)))
    throw new CommandError(
      `the cloud ${JSON.stringify(name)} is not running; start it with \`cox cloud up --cloud ${name}\``,
    )
  return ownedCloud(directory)
}

const clouds: Readonly<Record<string, (invocation: Invocation) => Promise<number>>> = {
  async up(invocation) {
    const { name, directory } = placeOf(invocation)
    const { environment, flags, terminal } = invocation
    let known: Awaited<ReturnType<typeof ensureCloud>>
    try {
      known = await ensureCloud(directory, name, environment.self, flags.port as number | undefined)
    } catch (error) {
      throw new CommandError(error instanceof Error ? error.message : String(error))
    }
    if (flags.json === true) terminal.out(JSON.stringify({ name, url: known.url, directory }))
    else terminal.out(`cloud ${name} is at ${known.url}`)
    return 0
  },
  async down(invocation) {
    const { name, directory } = placeOf(invocation)
    const purge = invocation.flags.purge === true
    const known = await readCloud(directory)
    await stopCloud(directory, purge)
    invocation.terminal.out(
      known === undefined
        ? `there is no cloud ${name}; nothing to stop`
        : `cloud ${name} is down${purge ? ' and all it had is gone' : ''}`,
    )
    return 0
  },
  async status(invocation) {
    const { name, directory } = placeOf(invocation)
    const { terminal, flags } = invocation
    const known = await readCloud(directory)
    const running = cloudRuns(known)
    if (flags.json === true) terminal.out(JSON.stringify({ name, running, ...(running ? { url: known?.url } : {}) }))
    else terminal.out(running ? `cloud ${name} is at ${known?.url}` : `cloud ${name} is not running`)
    return running ? 0 : 1
  },
  async list({ environment, terminal, flags }) {
    const home = homeOf(environment)
    const rows = await Promise.all(
      (await home.clouds()).map(async (name) => {
        const known = await readCloud(home.cloudDirectory(name))
        return { name, running: cloudRuns(known), url: known?.url ?? '' }
      }),
    )
    if (flags.json === true) terminal.out(JSON.stringify(rows))
    else if (rows.length === 0) terminal.say('there are no clouds; start one with `cox cloud up`')
    else
      terminal.out(
        table(
          ['NAME', 'STATUS', 'URL'],
          rows.map(({ name, running, url }) => [name, running ? 'running' : 'stopped', url]),
        ),
      )
    return 0
  },
  async serve(invocation) {
    const { name, directory } = placeOf(invocation)
    try {
      await runCloud(directory, name, invocation.flags.port as number | undefined, invocation.signal)
    } catch (error) {
      throw new CommandError(error instanceof Error ? error.message : String(error))
    }
    return 0
  },
}
