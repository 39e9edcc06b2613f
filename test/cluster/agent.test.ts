import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { issueCertificate } from '../../src/cluster/certificates/authority.ts'
import { kubeconfigOf } from '../../src/cluster/config/kubeconfig.ts'
import { yamlText } from '../../src/machinery/index.ts'
import { cannotRun, eventually, realCluster, root } from '../fixtures/real-cluster.ts'

const cluster = realCluster(`agent-test-${process.pid}`)
const { command, cox, env, home, kubectl, name } = cluster
const nodeName = `worker-${process.pid}`

suite('a machine joins a cluster as its agent', { skip: cannotRun }, () => {
  let agent: ReturnType<typeof spawn>
  let ended: Promise<number | null>

  before(async () => {
    await cox('up')
    const { dataDirectory, port } = JSON.parse(readFileSync(join(home, 'clusters', name, 'settings.json'), 'utf8'))
    const pki = (file: string) => readFileSync(join(dataDirectory, 'pki', file), 'utf8')
    const authority = { cert: pki('ca.crt'), key: pki('ca.key') }
    const request = {
      commonName: `system:node:${nodeName}`,
      organizations: ['system:nodes'],
      usages: ['client' as const],
      days: 1,
    }
    const pair = issueCertificate(authority, request, Date.now())
    const kubeconfig = join(home, 'node.kubeconfig')
    writeFileSync(kubeconfig, yamlText(kubeconfigOf('it', `https://127.0.0.1:${port}`, authority.cert, pair)))
    const words = ['agent', '--kubeconfig', kubeconfig, '--node-name', nodeName, '--data-dir', join(home, 'agent')]
    agent = spawn(join(root, 'cox'), words, { env, stdio: 'inherit' })
    ended = new Promise((resolve) => agent.once('exit', resolve))
  })
  after(async () => {
    agent?.kill('SIGINT')
    await ended
    await cox('down', '--purge').catch(() => {})
    rmSync(home, { recursive: true, force: true })
  })

  test('its node becomes Ready with a range of its own, and with the rights of a node alone', async () => {
    await eventually('the Node', () => kubectl('get', 'node', nodeName))
    await kubectl('wait', '--for=condition=Ready', `node/${nodeName}`, '--timeout=60s')
    const ranges = await kubectl('get', 'nodes', '-o', 'jsonpath={.items[*].spec.podCIDR}')
    assert.equal(new Set(ranges.split(' ')).size, 2)
    const node = ['--kubeconfig', join(home, 'node.kubeconfig')]
    await assert.rejects(kubectl(...node, 'get', 'secrets', '-A'), /Forbidden/)
  })

  test('its pods run, are read and entered through the API, and reach services', async () => {
    const context = join(home, 'context')
    await command('mkdir', context)
    writeFileSync(join(context, 'Dockerfile'), 'FROM coxswain/node\nCOPY server.js /\nCMD ["node", "/server.js"]\n')
    writeFileSync(
      join(context, 'server.js'),
      `require('node:http').createServer((_, answer) => answer.end(process.env.WHERE)).listen(8080, () => console.log('listening'))
process.on('SIGTERM', () => process.exit(0))
`,
    )
    await cox('build', context, '-t', 'test/where:1', '--load')
    const pod = (podName: string, onNode: string) =>
      kubectl(
        ...['run', podName, '--image=test/where:1', `--env=WHERE=${podName}`, `--labels=on=${podName}`],
        ...['--overrides', JSON.stringify({ spec: { nodeSelector: { 'kubernetes.io/hostname': onNode } } })],
      )
    const hosts = (await kubectl('get', 'nodes', '-o', 'jsonpath={.items[*].metadata.name}')).split(' ')
    await pod('here', hosts.find((host) => host !== nodeName)!)
    await pod('there', nodeName)
    await kubectl('wait', '--for=condition=Ready', 'pod', '--all', '--timeout=60s')
    assert.equal((await kubectl('get', 'pod', 'there', '-o', 'jsonpath={.spec.nodeName}')).trim(), nodeName)
    assert.equal(await kubectl('logs', 'there'), 'listening\n')
    assert.equal(await kubectl('exec', 'there', '--', 'hostname'), 'there\n')
    await kubectl('expose', 'pod', 'here', '--name=to-here', '--port=80', '--target-port=8080')
    await kubectl('expose', 'pod', 'there', '--name=to-there', '--port=80', '--target-port=8080')
    const ask = (from: string, to: string) =>
      eventually(`${to} from ${from}`, () => kubectl('exec', from, '--', 'wget', '-qO-', `http://${to}.default/`))
    assert.equal(await ask('there', 'to-here'), 'here')
    assert.equal(await ask('here', 'to-there'), 'there')
  })

  test('an interrupted agent leaves nothing running', async () => {
    agent.kill('SIGINT')
    assert.equal(await ended, 0)
    const marks = new RegExp(`/run/coxswain/agent-${nodeName}/|${join(home, 'agent')}`)
    assert.doesNotMatch(await command('ps', '-eo', 'args'), marks)
    assert.doesNotMatch(readFileSync('/proc/mounts', 'utf8'), marks)
    assert.doesNotMatch(await command('nft', 'list', 'tables'), new RegExp(nodeName))
    assert.equal(await command('find', '/sys/fs/cgroup', '-name', `coxswain-agent-${nodeName}`), '')
  })
})
