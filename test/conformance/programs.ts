import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const here = import.meta.dirname
/** Everything the harness makes and may make again; outside git. */
export const cache = join(here, '../../.cache/conformance')
/** Where the built programs lie. */
export const programs = join(cache, 'bin')

/** The release whose suite this is, as go.mod says it. */
export const release = /k8s\.io\/kubernetes (v[\d.]+)/.exec(readFileSync(join(here, 'go.mod'), 'utf8'))?.[1] ?? ''

const packages: Readonly<Record<string, string>> = {
  kubectl: 'k8s.io/kubernetes/cmd/kubectl',
  ginkgo: 'github.com/onsi/ginkgo/v2/ginkgo',
  agnhost: 'k8s.io/kubernetes/test/images/agnhost',
  'resource-consumer': 'k8s.io/kubernetes/test/images/resource-consumer',
  'consume-cpu': 'k8s.io/kubernetes/test/images/resource-consumer/consume-cpu',
  'regression-issue-74839': 'k8s.io/kubernetes/test/images/regression-issue-74839',
  'sample-apiserver': 'k8s.io/sample-apiserver',
  etcd: 'go.etcd.io/etcd/server/v3',
  'kube-apiserver': 'k8s.io/kubernetes/cmd/kube-apiserver',
  'kube-controller-manager': 'k8s.io/kubernetes/cmd/kube-controller-manager',
  'kube-scheduler': 'k8s.io/kubernetes/cmd/kube-scheduler',
  nnp: './nnp',
  shell: './shell',
}
/** What only stands beside ours to be compared with. */
const besides = new Set(['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'])
const versionPackages = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version']

/** Builds the suite and the programs around it. */
export function buildPrograms(say: (line: string) => void): void {
  buildSome(['e2e.test', ...Object.keys(packages).filter((name) => !besides.has(name))], say)
}

/** Builds programs by name from their Go modules; what is newer than go.sum is kept. */
export function buildSome(wanted: readonly string[], say: (line: string) => void): void {
  mkdirSync(programs, { recursive: true })
  const [major = '', minor = ''] = release.slice(1).split('.')
  const stamps = versionPackages.flatMap((name) => [
    `-X ${name}.gitVersion=${release}`,
    `-X ${name}.gitMajor=${major}`,
    `-X ${name}.gitMinor=${minor}`,
  ])
  const flags = ['-trimpath', '-buildvcs=false', '-ldflags', ['-s', '-w', ...stamps].join(' ')]
  const go = (name: string, verb: readonly string[], path: string, sources: readonly string[]) => {
    const file = join(programs, name)
    const mark = `${file}.made`
    const print = printOf([...sources, 'programs.ts'])
    if (existsSync(file) && existsSync(mark) && readFileSync(mark, 'utf8') === print) return
    say(`building ${name} of ${release}; the first time takes minutes`)
    const { status, error } = spawnSync('go', [...verb, ...flags, '-o', file, path], {
      cwd: here,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, CGO_ENABLED: '0' },
    })
    if (error !== undefined) throw new Error(`go cannot be started (${error.message}); install Go as go.mod names it`)
    if (status !== 0) throw new Error(`${name} could not be built`)
    writeFileSync(mark, print)
  }
  for (const name of wanted) {
    const path = packages[name] ?? '.'
    if (name === 'e2e.test') go(name, ['test', '-c', '-vet=off'], '.', ['go.sum', 'suite_test.go'])
    else go(name, ['build'], path, path.startsWith('.') ? [join(path, 'main.go')] : ['go.sum'])
  }
}

/** What files hold, in short. */
function printOf(files: readonly string[]): string {
  const hash = createHash('sha256')
  for (const file of files) hash.update(readFileSync(join(here, file)))
  return hash.digest('hex')
}

/** The directory of a module's package, for the few files that images take from it. */
export function packageDirectory(name: string): string {
  const { stdout, stderr, status } = spawnSync('go', ['list', '-f', '{{.Dir}}', name], { cwd: here, encoding: 'utf8' })
  if (status !== 0) throw new Error(`the Go package ${name} is not there: ${stderr}`)
  return stdout.trim()
}
