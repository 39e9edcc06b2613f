import assert from 'node:assert/strict'
import { get } from 'node:https'
import { test } from 'node:test'
import { WebSocket } from 'ws'
import { startCluster } from '../../src/index.ts'
import { parseYaml } from '../../src/machinery/index.ts'
import { apiServices, configMaps, decodeProtobuf } from '../../src/resources/index.ts'
import { until } from '../fixtures/until.ts'

/** Where a kubeconfig leads to, and what it calls with. */
function accessOf(kubeconfig: string) {
  const { clusters, users } = parseYaml(kubeconfig).value as any
  const bytes = (text: string) => Buffer.from(text, 'base64')
  const { server, 'certificate-authority-data': ca } = clusters[0].cluster
  const { 'client-certificate-data': cert, 'client-key-data': key } = users[0].user
  return { server: server.replace('https:', 'wss:'), tls: { ca: bytes(ca), cert: bytes(cert), key: bytes(key) } }
}

/** A page of the server as text. */
function pageOf(server: string, path: string, tls: object): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = get(`${server}${path}`, tls, (response) => {
      response.setEncoding('utf8')
      let text = ''
      response.on('data', (piece) => (text += piece))
      response.on('end', () => resolve(text))
    })
    asked.on('error', reject)
  })
}

/** Opens a WebSocket; resolves with the code it was refused with, 101 when it was not, and what it receives. */
async function open(server: string, path: string, options: object, protocols: readonly string[] = []) {
  const socket: any = new WebSocket(`${server}${path}`, protocols, options)
  const messages: { readonly data: Buffer; readonly isBinary: boolean }[] = []
  socket.on('message', (data: Buffer, isBinary: boolean) => messages.push({ data, isBinary }))
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()))
  const code = await new Promise<number>((resolve, reject) => {
    socket.on('open', () => resolve(101))
    socket.on('unexpected-response', (_: unknown, response: any) => {
      response.resume()
      resolve(response.statusCode)
    })
    socket.on('error', reject)
  })
  return { socket, messages, closed, code }
}

test('a watch over a WebSocket sends one message per event, and lasts as long as it was to', async () => {
  await using cluster = await startCluster({ nodes: 0 })
  const { client } = cluster
  const { server, tls } = accessOf(await cluster.kubeconfig())
  const path = '/api/v1/namespaces/default/configmaps?watch=true&fieldSelector=metadata.name%3Da'
  const text = await open(server, path, tls)
  const bytes = await open(server, `${path}&timeoutSeconds=1`, {
    ...tls,
    headers: { accept: 'application/vnd.kubernetes.protobuf' },
  })
  assert.deepEqual([text.code, bytes.code], [101, 101])
  const map: any = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'default' } }
  const made = await client.create(configMaps, map)
  await client.update(configMaps, { ...made, data: { a: 'b' } })
  await until(
    async () => text.messages.length,
    (count) => count === 2,
  )
  const [first, second] = text.messages.map(({ data, isBinary }) => ({ ...JSON.parse(data.toString()), isBinary }))
  assert.deepEqual([first.type, first.object.metadata.name, first.isBinary], ['ADDED', 'a', false])
  assert.deepEqual([second.type, second.object.data], ['MODIFIED', { a: 'b' }])
  await bytes.closed
  assert.ok(bytes.messages[0]?.isBinary)
  assert.equal(bytes.messages[0].data[0], 0x0a, 'a message, without its length before it')
  const raw = bytes.messages[0].data
  const object = decodeProtobuf(raw.subarray(raw.indexOf('k8s\0')))
  assert.equal(object.metadata.name, 'a')
  text.socket.close()
  await text.closed
})

test('watches over WebSockets and upgrades for extension servers pass flow control and are counted', async () => {
  await using cluster = await startCluster({ nodes: 0 })
  const { client } = cluster
  const { server, tls } = accessOf(await cluster.kubeconfig())
  await client.create(apiServices, {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name: 'v1.ext.example.com' },
    spec: {
      ...{ group: 'ext.example.com', version: 'v1', groupPriorityMinimum: 10, versionPriority: 10 },
      service: { name: 'nowhere', namespace: 'default' },
      insecureSkipTLSVerify: true,
    },
  } as any)
  const connect = () => open(server, '/apis/ext.example.com/v1/things/a/connect', tls)
  await until(connect, ({ code }) => code === 503)
  const metric = async (name: string) => {
    const text = await pageOf(server.replace('wss:', 'https:'), '/metrics', tls)
    const line = text.split('\n').find((one) => one.startsWith(name))
    return Number(line?.split(' ').at(-1) ?? 0)
  }
  const dispatched = 'apiserver_flowcontrol_dispatched_requests_total{flow_schema="exempt"'
  const before = await metric(dispatched)
  const watch = await open(server, '/api/v1/configmaps?watch=true', tls)
  const remote = await connect()
  assert.deepEqual([watch.code, remote.code], [101, 503])
  assert.ok((await metric(dispatched)) >= before + 2)
  watch.socket.close()
  await watch.closed
})
