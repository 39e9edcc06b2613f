/** A StatefulSet with claims on a machine: what it writes outlives its pods, and goes with its claims. */
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../..')
const home = mkdtempSync(join(tmpdir(), 'cox-volumes-'))
const name = `volumes-test-${process.pid}`
const env = { ...process.env, COXSWAIN_HOME: join(home, 'clusters'), KUBECONFIG: join(home, 'kubeconfig') }
const why =
  process.platform !== 'linux' || process.getuid?.() !== 0
    ? 'real containers need root on Linux'
    : !existsSync('/usr/bin/containerd') || !existsSync('/usr/lib/cni/bridge')
      ? 'containerd or the CNI plugins are missing'
      : !['/usr/bin/kubectl', '/usr/local/bin/kubectl'].some((file) => existsSync(file))
        ? 'kubectl is missing'
        : false

async function command(program: string, words: readonly string[]): Promise<string> {
  try {
    return (await run(program, words, { env, maxBuffer: 64 << 20, timeout: 120_000 })).stdout
  } catch (error) {
    const { stdout, stderr } = error as { readonly stdout: string; readonly stderr: string }
    throw new Error(`${program} ${words.join(' ')}: ${stderr}${stdout}`)
  }
}
const cox = (...words: string[]) => command(join(root, 'cox'), [...words, '--name', name])
const kubectl = (...words: string[]) => command('kubectl', words)
const field = async (what: string, path: string) =>
  (await kubectl('get', ...what.split(' '), '-o', `jsonpath=${path}`)).trim()

function apply(manifest: object): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('kubectl', ['apply', '-f', '-'], { env, stdio: ['pipe', 'ignore', 'inherit'] })
    child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`kubectl apply ended with ${code}`))))
    child.stdin.end(JSON.stringify(manifest))
  })
}
async function eventually<T>(what: string, probe: () => T | undefined): Promise<T> {
  const deadline = Date.now() + 60_000
  for (;;) {
    const found = probe()
    if (found !== undefined) return found
    assert.ok(Date.now() < deadline, `still waiting for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

const set = {
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'db' },
  spec: {
    serviceName: 'db',
    replicas: 2,
    selector: { matchLabels: { app: 'db' } },
    persistentVolumeClaimRetentionPolicy: { whenScaled: 'Delete', whenDeleted: 'Delete' },
    template: {
      metadata: { labels: { app: 'db' } },
      spec: {
        terminationGracePeriodSeconds: 1,
        securityContext: { runAsUser: 1000, runAsGroup: 1000, fsGroup: 2000 },
        containers: [
          {
            name: 'c',
            image: 'coxswain/node',
            command: ['sh', '-c', 'echo $HOSTNAME >> /data/who; while true; do sleep 1; done'],
            volumeMounts: [{ name: 'data', mountPath: '/data' }],
          },
        ],
      },
    },
    volumeClaimTemplates: [
      {
        metadata: { name: 'data' },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '10Mi' } } },
      },
    ],
  },
}

suite('claims on a machine', { skip: why }, () => {
  before(async () => {
    await cox('up')
  })
  after(async () => {
    await cox('down', '--purge')
    rmSync(home, { recursive: true, force: true })
  })

  test('what a StatefulSet writes outlives its pods, belongs to their group, and goes with its claims', async () => {
    await apply(set)
    await kubectl('rollout', 'status', 'statefulset/db', '--timeout=60s')
    const volume = await field('pvc data-db-1', '{.spec.volumeName}')
    const path = await field(`pv ${volume}`, '{.spec.local.path}')
    const { uid, gid } = statSync(join(path, 'who'))
    assert.deepEqual([readFileSync(join(path, 'who'), 'utf8'), uid, gid], ['db-1\n', 1000, 2000])
    await kubectl('delete', 'pod', 'db-1', '--wait')
    await kubectl('rollout', 'status', 'statefulset/db', '--timeout=60s')
    await eventually('the second line', () =>
      readFileSync(join(path, 'who'), 'utf8') === 'db-1\ndb-1\n' ? true : undefined,
    )
    await kubectl('scale', 'statefulset', 'db', '--replicas=1')
    await eventually('the directory to go', () => (existsSync(path) ? undefined : true))
    const others = dirname(path)
    assert.equal(readdirSync(others).length, 1)
    await kubectl('delete', 'statefulset', 'db', '--wait')
    await eventually('all directories to go', () => (readdirSync(others).length === 0 ? true : undefined))
  })
})
