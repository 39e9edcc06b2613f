import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'

const root = join(import.meta.dirname, '../..')
const home = mkdtempSync(join(tmpdir(), 'cox-cli-'))
const env = { ...process.env, COXSWAIN_HOME: join(home, 'clusters'), KUBECONFIG: join(home, 'kubeconfig') }
interface Outcome {
  readonly code: number
  readonly out: string
  readonly err: string
}
function cox(...words: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(join(root, 'cox'), words, { env, timeout: 60_000 }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    )
  })
}
const processesOf = (name: string) =>
  new Promise<readonly string[]>((resolve) =>
    execFile('ps', ['-eo', 'args'], (_, out) =>
      resolve(
        out.split('\n').filter((line) => /\/cox[-a-z]*\.[tj]s /.test(line) && `${line} `.includes(` --name ${name} `)),
      ),
    ),
  )

suite('the contract of cox for scripts', () => {
  after(async () => {
    for (const name of ['cli-a', 'cli-b', 'cli-c', 'cli-d']) await cox('down', '--name', name, '--purge')
    rmSync(home, { recursive: true, force: true })
  })

  const usage = [
    { words: [], says: /Usage: cox COMMAND/ },
    { words: ['nothing'], says: /unknown command "nothing"; run `cox help`/ },
    { words: ['up', '--prot', '1'], says: /unknown flag: --prot/ },
    { words: ['up', '--port', 'x'], says: /--port takes a whole number, not "x"/ },
    { words: ['up', '--name', 'Bad_Name'], says: /is not a DNS label/ },
    {
      words: ['up', '--without', 'brains'],
      says: /--without knows scheduler, controllers, kubelet, proxy, dns, not "brains"/,
    },
    { words: ['logs', 'nobody'], says: /there is no component "nobody"/ },
  ]
  for (const { words, says } of usage) {
    test(`cox ${words.join(' ')} is wrong usage: 2, and says how it would be right`, async () => {
      const { code, out, err } = await cox(...words)
      assert.equal(code, 2)
      assert.match(out + err, says)
    })
  }

  test('on nothing, down is done, status is 1, others say how to get a cluster', async () => {
    assert.equal((await cox('down', '--name', 'cli-none')).code, 0)
    assert.equal((await cox('status', '--name', 'cli-none')).code, 1)
    const { code, err } = await cox('kubeconfig', '--name', 'cli-none')
    assert.equal(code, 1)
    assert.match(err, /there is no cluster named "cli-none"; start one with `cox up --name cli-none`/)
  })

  test('two clusters run side by side, and each answers for itself', async () => {
    const [a, b] = await Promise.all([
      cox('up', '--name', 'cli-a', '--runtime', 'simulated', '--json'),
      cox('up', '--name', 'cli-b', '--runtime', 'simulated', '--nodes', '2', '--json', '--no-switch'),
    ])
    assert.deepEqual([a.code, b.code], [0, 0], a.err + b.err)
    assert.notEqual(JSON.parse(a.out).server, JSON.parse(b.out).server)
    assert.match(readFileSync(env.KUBECONFIG, 'utf8'), /current-context: cox-cli-a/)
    assert.equal(JSON.parse((await cox('node', 'list', '--name', 'cli-b', '--json')).out).length, 2)
    const status = JSON.parse((await cox('status', '--name', 'cli-a', '--json')).out)
    assert.equal(status.healthy, true)
    assert.equal((await processesOf('cli-a')).length, 2)
    assert.equal((await cox('down', '--name', 'cli-a')).code, 0)
    assert.equal((await cox('status', '--name', 'cli-b')).code, 0)
    assert.deepEqual(await processesOf('cli-a'), [])
  })

  test('settings are remembered, and an unhealthy cluster is repaired', async () => {
    const again = await cox('up', '--name', 'cli-b', '--nodes', '3')
    assert.equal(again.code, 1)
    assert.match(again.err, /nodes is 2, not 3/)
    const state = JSON.parse(readFileSync(join(env.COXSWAIN_HOME, 'cli-b/run/state.json'), 'utf8'))
    for (const { pid } of [state.supervisor, state.cluster]) process.kill(pid, 'SIGKILL')
    assert.equal((await cox('up', '--name', 'cli-b')).code, 0)
    assert.equal((await cox('status', '--name', 'cli-b')).code, 0)
  })

  test('an interrupted start leaves nothing half', async () => {
    const child = spawn(join(root, 'cox'), ['up', '--name', 'cli-c', '--runtime', 'simulated'], {
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    // Interrupted as soon as it says that it has begun.
    child.stderr.once('data', () => child.kill('SIGINT'))
    const code = await new Promise((resolve) => child.once('close', resolve))
    assert.equal(code, 130)
    assert.deepEqual(await processesOf('cli-c'), [])
  })

  test('what a configuration file asks of the API server is done: audit, and encryption, which needs its key', async () => {
    const name = ['--name', 'cli-d']
    const file = join(home, 'api.yaml')
    const key = (byte: number) => Buffer.alloc(32, byte).toString('base64')
    const write = (keys: string) =>
      writeFileSync(
        file,
        `apiVersion: audit.k8s.io/v1
kind: Policy
rules: [{ level: Metadata, verbs: [create], resources: [{ group: '', resources: [secrets] }] }]
---
apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources: [{ resources: [secrets], providers: [{ secretbox: { keys: [${keys}] } }] }]
`,
      )
    write(`{ name: one, secret: ${key(1)} }`)
    const up = () => cox('up', ...name, '--runtime', 'simulated', '--config', file, '--json', '--no-switch')
    const first = await up()
    assert.equal(first.code, 0, first.err)
    const { dataDirectory } = JSON.parse(first.out)
    const kubeconfig = join(dataDirectory, 'kubeconfig')
    const created = await new Promise<string>((resolve) =>
      execFile(
        'kubectl',
        [`--kubeconfig=${kubeconfig}`, 'create', 'secret', 'generic', 's', '--from-literal=a=b'],
        (_, out, err) => resolve(out + err),
      ),
    )
    assert.equal(created, 'secret/s created\n')
    const events = readFileSync(join(dataDirectory, 'logs/audit.log'), 'utf8').trimEnd().split('\n')
    assert.ok(events.some((line) => JSON.parse(line).objectRef.name === 's'))
    assert.match(readFileSync(join(dataDirectory, 'store/store.db-wal'), 'latin1'), /k8s:enc:secretbox:v1:one:/)
    const raised = await cox('log-level', 'controllers/namespace-controller', '4', ...name, '--json')
    assert.deepEqual(JSON.parse(raised.out), [{ part: 'controllers/namespace-controller', level: 4, isOwn: true }])
    await cox('down', ...name)
    write(`{ name: two, secret: ${key(2)} }`)
    const refused = await up()
    assert.equal(refused.code, 1)
    assert.match(refused.err, /secrets\/default\/s was encrypted by secretbox with the key "one"; give that key back/)
    write(`{ name: two, secret: ${key(2)} }, { name: one, secret: ${key(1)} }`)
    assert.equal((await up()).code, 0)
  })

  test('purge forgets data and context', async () => {
    assert.equal((await cox('down', '--name', 'cli-b', '--purge')).code, 0)
    assert.doesNotMatch(readFileSync(env.KUBECONFIG, 'utf8'), /cox-cli-b/)
    assert.equal((await cox('status', '--name', 'cli-b')).code, 1)
  })
})
