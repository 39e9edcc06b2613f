/** `npm run conformance`: the upstream suite against a cluster of its own, and what came of it per SIG. */
import { spawn, spawnSync } from 'node:child_process'
import { cpSync, createWriteStream, existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { againBelowShell, reachesFirstProcess } from './first-process.ts'
import { buildImages, wantedImages } from './images.ts'
import { buildPrograms, cache, programs } from './programs.ts'
import { readJunit, reportOf, type SpecResult } from './report.ts'
import { isCertified, wordsFor } from './selection.ts'

const usage = `usage: npm run conformance [-- OPTIONS]
  --focus RE      only specs whose name matches; may be repeated
  --skip RE       no specs whose name matches; may be repeated
  --beyond        not the certified specs, but the others that upstream runs by default
  --labels FILTER specs by their labels, as Ginkgo filters them; some of them need --gates
  --gates G=BOOL  feature gates of the cluster
  --apis A=BOOL   APIs that it serves besides, or not (api/all=true)
  --unpassed      of these, only those that no run kept has passed, or found not to be for this cluster
  --parallel N    so many specs at once (default 1); serial ones come last, alone
  --simulated     on simulated nodes, for specs that need no containers
  --nodes K       so many nodes (default 2)
  --zones         each node in a zone of its own
  --list          names the specs and runs none
  --keep          leaves the cluster up, for a look at it
  --total         runs nothing: the last outcome of every spec over all runs kept`

const { values: options } = parseArgs({
  options: {
    focus: { type: 'string', multiple: true, default: [] },
    skip: { type: 'string', multiple: true, default: [] },
    beyond: { type: 'boolean', default: false },
    labels: { type: 'string' },
    gates: { type: 'string' },
    apis: { type: 'string' },
    unpassed: { type: 'boolean', default: false },
    parallel: { type: 'string', default: '1' },
    simulated: { type: 'boolean', default: false },
    nodes: { type: 'string', default: '2' },
    zones: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    total: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const name = 'conformance'
const root = join(import.meta.dirname, '../..')
const home = join(cache, 'home')
const kubeconfig = join(home, name, 'kubeconfig')
const env: NodeJS.ProcessEnv = {
  ...process.env,
  COXSWAIN_HOME: home,
  KUBECONFIG: join(home, 'kubeconfig'),
  PATH: `${programs}:${process.env.PATH}`,
}
const say = (line: string) => process.stderr.write(`conformance: ${line}\n`)

/** Runs cox to its end; what it says of its progress is shown when it fails. */
function cox(...words: string[]): string {
  const { status, stdout, stderr } = spawnSync(join(root, 'cox'), words, { env, encoding: 'utf8', maxBuffer: 64 << 20 })
  if (status !== 0) throw new Error(`cox ${words.join(' ')} failed: ${stderr}${stdout}`)
  return stdout
}
function suite(...words: string[]): string {
  const { status, stdout, stderr } = spawnSync(join(programs, 'e2e.test'), words, {
    env,
    encoding: 'utf8',
    maxBuffer: 256 << 20,
  })
  if (status !== 0) throw new Error(`e2e.test ${words.join(' ')} failed: ${stderr}${stdout.slice(-4000)}`)
  return stdout
}
const selection = (prefix: string) => wordsFor({ labels: undefined, ...options }, prefix)

/** The names of the chosen specs. */
function chosenSpecs(): readonly string[] {
  const file = join(cache, 'list.json')
  suite(...selection('ginkgo.'), '--ginkgo.dry-run', `--ginkgo.json-report=${file}`, '--provider=skeleton')
  interface Spec {
    readonly State: string
    readonly LeafNodeText: string
    readonly ContainerHierarchyTexts: readonly string[] | null
  }
  const [report] = JSON.parse(readFileSync(file, 'utf8')) as readonly [{ readonly SpecReports: readonly Spec[] }]
  const chosen = report.SpecReports.filter(({ State, LeafNodeText }) => State === 'passed' && LeafNodeText !== '')
  const names = chosen
    .filter(({ ContainerHierarchyTexts }) => (ContainerHierarchyTexts ?? []).length > 0)
    .map((spec) => [...spec.ContainerHierarchyTexts!, spec.LeafNodeText].join(' '))
  return names.sort()
}

/** The last outcome of each spec; runs are named by the time at which they began. */
function lastOutcomes(): ReadonlyMap<string, SpecResult> {
  const last = new Map<string, SpecResult>()
  for (const file of globSync(join(cache, 'results/*/junit_01.xml')).sort())
    for (const result of readJunit(readFileSync(file, 'utf8')))
      if (result.status !== 'unfinished' || !last.has(result.name)) last.set(result.name, result)
  return last
}

function clusterUp(): void {
  cox('down', '--name', name, '--purge')
  const runtime = options.simulated ? ['--runtime', 'simulated'] : []
  const gates = options.gates === undefined ? [] : ['--feature-gates', options.gates]
  const apis = options.apis === undefined ? [] : ['--runtime-config', options.apis]
  cox('up', '--name', name, '--no-switch', '--nodes', options.nodes, ...runtime, ...gates, ...apis)
  if (options.zones) zonesApart()
  if (options.simulated) return
  const wanted = wantedImages(suite('--list-images'))
  buildImages(wanted, name, cox, say)
  for (const image of wanted) cox('image', 'load', image.name, '--name', name)
}

/** Every node in a zone of its own, as its cloud would say. */
function zonesApart(): void {
  const kubectl = (...words: string[]) => {
    const { status, stdout, stderr } = spawnSync(join(programs, 'kubectl'), ['--kubeconfig', kubeconfig, ...words], {
      env,
      encoding: 'utf8',
    })
    if (status !== 0) throw new Error(`kubectl ${words.join(' ')} failed: ${stderr}`)
    return stdout
  }
  for (const [at, node] of kubectl('get', 'nodes', '-o', 'name').trim().split('\n').entries())
    kubectl('label', node, `topology.kubernetes.io/zone=zone-${at + 1}`)
}

/** Runs the suite to its end or until the signal; shows each spec's outcome as it comes. */
function runSuite(directory: string, signal: AbortSignal): Promise<number> {
  const words = [
    ...selection(''),
    ...['-v', '--no-color', '--timeout=24h', `--procs=${options.parallel}`, '--output-interceptor-mode=none'],
    join(programs, 'e2e.test'),
    '--',
    ...[`--kubeconfig=${kubeconfig}`, '--provider=skeleton', `--kubectl-path=${join(programs, 'kubectl')}`],
    `--num-nodes=${options.nodes}`,
    ...[`--report-dir=${directory}`, '--node-os-distro=debian', '--disable-log-dump'],
  ]
  const log = createWriteStream(join(directory, 'e2e.log'))
  const child = spawn(join(programs, 'ginkgo'), words, {
    cwd: directory,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  // Its processes are a group of their own, as they would be at a terminal: each must hear of an interruption itself.
  signal.addEventListener('abort', () => process.kill(-child.pid!, 'SIGINT'), { once: true })
  let rest = ''
  // One process names a spec and then says how it ended; of several, each end is told with its name behind it.
  const namesFirst = options.parallel === '1'
  let outcome = ''
  let name = ''
  const show = (line: string) => {
    const ends = line.startsWith('• ')
    if (ends) outcome = line.slice(2)
    if (line.startsWith('[sig-')) name = line.replace(/ \[sig-[^\]]*\]$/, '')
    if (outcome === '' || name === '' || ends !== namesFirst) return
    say(`${outcome} ${name}`)
    outcome = name = ''
  }
  const take = (chunk: Buffer) => {
    log.write(chunk)
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) show(line)
  }
  child.stdout.on('data', take)
  child.stderr.on('data', take)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => log.end(() => resolve(code ?? 1)))
  })
}

async function run(): Promise<number> {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort())
  const directory = join(cache, 'results', new Date().toISOString().replaceAll(':', '-'))
  try {
    say('bringing up a cluster and its images')
    clusterUp()
    if (stop.signal.aborted) return 130
    mkdirSync(directory, { recursive: true })
    const code = await runSuite(directory, stop.signal)
    const junit = join(directory, 'junit_01.xml')
    if (!existsSync(junit)) throw new Error(`the suite wrote no results; see ${join(directory, 'e2e.log')}`)
    const report = reportOf(readJunit(readFileSync(junit, 'utf8')))
    writeFileSync(join(directory, 'report.txt'), report)
    process.stdout.write(`\n${report}`)
    say(`results are in ${directory}`)
    return stop.signal.aborted ? 130 : code === 0 ? 0 : 1
  } finally {
    if (existsSync(directory)) cpSync(join(home, name, 'logs'), join(directory, 'logs'), { recursive: true })
    if (options.keep)
      say(`the cluster is left: KUBECONFIG=${kubeconfig}, COXSWAIN_HOME=${home} ./cox down --name ${name} --purge`)
    else cox('down', '--name', name, '--purge')
  }
}

if (options.help) process.stdout.write(`${usage}\n`)
else if (options.total) {
  const all = [...lastOutcomes().values()]
  const beyond = all.filter((one) => !isCertified(one.name))
  process.stdout.write(reportOf(all.filter((one) => isCertified(one.name))))
  if (beyond.length > 0) process.stdout.write(`\nbeyond certification\n${reportOf(beyond)}`)
} else if (!options.list && !reachesFirstProcess()) process.exitCode = await againBelowShell()
else {
  mkdirSync(home, { recursive: true })
  buildPrograms(say)
  if (options.unpassed) {
    const last = lastOutcomes()
    const left = chosenSpecs().filter((spec) => !['passed', 'skipped'].includes(last.get(spec)?.status ?? ''))
    options.focus = left.map((spec) => `${RegExp.escape(spec)}$`)
    if (left.length === 0) options.focus = ['there is none left']
  }
  if (options.list) {
    const specs = chosenSpecs()
    process.stdout.write(specs.map((spec) => `${spec}\n`).join(''))
    say(`${specs.length} specs`)
  } else process.exitCode = await run()
}
