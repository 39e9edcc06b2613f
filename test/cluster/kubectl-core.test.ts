/** What kubectl's own scripts for core kinds and the management of nodes try, told anew; no pod ever starts. */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { isNotFound } from '../../src/machinery/index.ts'
import {
  configMaps,
  namespaces,
  nodes,
  podDisruptionBudgets,
  pods,
  priorityClasses,
  replicationControllers,
  resourceQuotas,
  secrets,
  serviceAccounts,
  services,
} from '../../src/resources/index.ts'
import { type KubectlCluster, kubectlCluster, nodeName, noKubectl } from '../fixtures/kubectl-cluster.ts'

let it: KubectlCluster
const { kubectl, given, refused, file } = {
  kubectl: (...words: string[]) => it.kubectl(...words),
  given: (input: string | object, ...words: string[]) => it.given(input, ...words),
  refused: (...words: string[]) => it.refused(...words),
  file: (name: string, content: object | string) => it.file(name, content),
}
const client = () => it.cluster.client
const pod = (name: string, labels: object = { name }, more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, labels },
  spec: { containers: [{ name: 'main', image: 'v1', ports: [{ containerPort: 80 }] }], ...more },
})
const base64 = (text: string) => Buffer.from(text).toString('base64')
const dryRuns = ['--dry-run=client', '--dry-run=server']

suite('kubectl and the core', { skip: noKubectl }, () => {
  before(async () => {
    it = await kubectlCluster()
  })
  after(() => it[Symbol.asyncDispose]())

  const podNamed = (namespace: string, name: string) => client().get(pods, { namespace, name })
  const podsIn = async (namespace: string) =>
    (await client().list(pods, { namespace })).items.map(({ metadata }) => metadata.name)
  const managers = async (namespace: string, name: string) =>
    (await podNamed(namespace, name)).metadata.managedFields?.map(({ manager }) => manager)

  test('pods are deleted by name, label, file and all at once, but never without being asked for', async () => {
    await it.enter('deleted')
    const names = ['a', 'b', 'c', 'd']
    for (const name of names) await given(pod(name), 'create', '-f', '-')
    assert.match(
      await kubectl('get', 'pods', '--field-selector', 'metadata.name=a'),
      /^NAME +READY[^\n]*\na +0\/1 +Pending/,
    )
    assert.match(await kubectl('get', 'pods', '--field-selector', 'status.phase=Pending'), /\nd +/)
    assert.match(
      await kubectl('describe', 'pod', 'a'),
      /Name: +a\n[\s\S]*Labels: +name=a\nStatus?|Node: +<none>[\s\S]*Events:/,
    )
    assert.doesNotMatch(await kubectl('describe', 'pods', '--show-events=false'), /Events:/)
    await refused('delete', 'pods')
    await refused('delete', '--all', 'pods', '-lname=a')
    assert.deepEqual(await podsIn('deleted'), names)
    assert.match(await kubectl('delete', 'pod', 'a', '--grace-period=0', '--force'), /Immediate deletion does not wait/)
    await kubectl('delete', 'pod', 'b', '--now')
    await kubectl('delete', 'pods', '-lname=c')
    assert.deepEqual(await podsIn('deleted'), ['d'])
    await kubectl('delete', '--all', 'pods')
    assert.deepEqual(await podsIn('deleted'), [])
  })

  test('labels and annotations are set, recorded, overwritten only if that is asked for, and left alone in a dry run', async () => {
    await it.enter('labelled')
    await given(pod('one'), 'create', '-f', '-')
    const of = async () => (await podNamed('labelled', 'one')).metadata
    for (const mode of dryRuns) {
      await kubectl('label', 'pods', 'one', 'new=x', mode)
      await kubectl('annotate', 'pods', 'one', 'note=x', mode)
    }
    assert.deepEqual([(await of()).labels, (await of()).annotations], [{ name: 'one' }, undefined])
    await kubectl('label', 'pods', 'one', 'empty=')
    await kubectl('annotate', 'pods', 'one', 'note=')
    assert.deepEqual([(await of()).labels, (await of()).annotations], [{ empty: '', name: 'one' }, { note: '' }])
    assert.match(
      await refused('label', 'pods', 'one', 'name=two'),
      /already has a value \(one\), and --overwrite is false/,
    )
    await kubectl('label', '--overwrite', 'pods', '--all', 'name=two', '--record')
    assert.match((await of()).annotations?.['kubernetes.io/change-cause'] ?? '', /kubectl label.*name=two.*--record/)
    await kubectl('label', 'pods', 'one', 'empty-')
    assert.deepEqual((await of()).labels, { name: 'two' })
    const writers = await managers('labelled', 'one')
    assert.deepEqual(
      ['kubectl-create', 'kubectl-label', 'kubectl-annotate'].filter((one) => !writers?.includes(one)),
      [],
    )
  })

  test('patches of three types change an image, and are held to types and to the revision they name', async () => {
    await it.enter('patched')
    await given(pod('one'), 'create', '-f', '-')
    const image = async () => (await podNamed('patched', 'one')).spec.containers[0]!.image
    const patch = (body: string | object, ...more: string[]) =>
      ['patch', 'pod', 'one', '-p', typeof body === 'string' ? body : JSON.stringify(body), ...more] as const
    const to = (value: string) => ({ spec: { containers: [{ name: 'main', image: value }] } })
    assert.match(
      await refused(...patch({ metadata: { labels: 'invalid' } })),
      /is invalid: patch: Invalid value: .*cannot restore map from string/,
    )
    assert.match(await kubectl(...patch({ metadata: { labels: { name: 'one' } } })), /patched \(no change\)/)
    await kubectl(...patch([{ op: 'replace', path: '/spec/containers/0/image', value: 'v2' }], '--type=json'))
    for (const mode of dryRuns) await kubectl(...patch(to('no'), mode))
    assert.equal(await image(), 'v2')
    await kubectl(...patch('spec:\n  containers:\n  - name: main\n    image: v3\n'))
    assert.equal(await image(), 'v3')
    const { resourceVersion } = (await podNamed('patched', 'one')).metadata
    const stale = { ...to('v4'), metadata: { resourceVersion: String(Number(resourceVersion) + 100) } }
    assert.match(await refused(...patch(stale)), /please apply your changes to the latest version and try again/)
    await kubectl(...patch({ ...to('v4'), metadata: { resourceVersion } }))
    assert.equal(await image(), 'v4')
    const before = await kubectl('get', 'pod', 'one', '-o', 'json')
    const replaced = file('replaced.json', before.replaceAll('"main"', '"other"'))
    assert.match(
      await refused('replace', '--grace-period=1', '-f', replaced),
      /--grace-period must have --force specified/,
    )
    await kubectl('replace', '--force', '-f', replaced)
    assert.equal((await podNamed('patched', 'one')).spec.containers[0]!.name, 'other')
    assert.ok((await managers('patched', 'one'))?.includes('kubectl-replace'))
  })

  test('an edit is a patch, changes nothing when nothing was changed, and works on what is yet to be created', async () => {
    await it.enter('edited')
    await given(pod('one'), 'create', '-f', '-')
    assert.match(await kubectl('edit', 'pod/one'), /Edit cancelled, no changes made/)
    it.editWith('sed -i "s/image: v1/image: v2/" "$1"')
    assert.match(await kubectl('edit', 'pods/one', '--output-patch=true'), /Patch: \{"spec":\{/)
    assert.equal((await podNamed('edited', 'one')).spec.containers[0]!.image, 'v2')
    assert.ok((await managers('edited', 'one'))?.includes('kubectl-edit'))
    it.editWith('sed -i "s/mock/modified/g" "$1"')
    const selector = { name: 'mock' }
    const items = [
      { apiVersion: 'v1', kind: 'Service', metadata: { name: 'mock' }, spec: { selector, ports: [{ port: 99 }] } },
      {
        ...{ apiVersion: 'v1', kind: 'ReplicationController', metadata: { name: 'mock' } },
        spec: { replicas: 0, selector, template: { metadata: { labels: selector }, spec: pod('x').spec } },
      },
    ]
    await kubectl('create', '--edit', '-f', file('list.json', { apiVersion: 'v1', kind: 'List', items }))
    const at = { namespace: 'edited', name: 'modified' }
    assert.deepEqual((await client().get(services, at)).spec.selector, { name: 'modified' })
    assert.deepEqual((await client().get(replicationControllers, at)).spec.selector, { name: 'modified' })
  })

  test('the last applied configuration is kept by apply, and by replace only where it was there', async () => {
    await it.enter('applied')
    const key = 'kubectl.kubernetes.io/last-applied-configuration'
    const kept = async () => (await podNamed('applied', 'one')).metadata.annotations?.[key]
    const labelled = (label: string) => file('one.json', pod('one', { name: label }))
    await kubectl('create', '-f', labelled('a'))
    const made = await kubectl('get', 'pod', 'one', '-o', 'json')
    await given(made.replace('"name": "a"', '"name": "b"'), 'replace', '-f', '-')
    assert.deepEqual([(await podNamed('applied', 'one')).metadata.labels, await kept()], [{ name: 'b' }, undefined])
    await kubectl('apply', '-f', labelled('c'))
    assert.match((await kept()) ?? '', /"name":"c"/)
    const there = await kubectl('get', 'pod', 'one', '-o', 'json')
    await given(there.replace('"name": "c"', '"name": "d"'), 'replace', '-f', '-')
    assert.match((await kept()) ?? '', /"name":"d"/)
    await kubectl('apply', '--server-side', '-f', labelled('e'))
    assert.match((await kept()) ?? '', /"name":"e"/)
    await kubectl('apply', '-f', labelled('f'))
    assert.deepEqual((await podNamed('applied', 'one')).metadata.labels, { name: 'f' })
    assert.match(await kubectl('annotate', '--local', '-f', labelled('a'), 'x=y', '-o', 'yaml'), /x: "?y"?/)
  })

  test('secrets of every type, config maps of bytes, and raw requests', async () => {
    await it.enter('data')
    const secret = async (name: string) => client().get(secrets, { namespace: 'data', name })
    for (const mode of dryRuns) await kubectl('create', 'secret', 'generic', 'a', mode, '--from-literal=key1=value1')
    assert.deepEqual((await client().list(secrets, { namespace: 'data' })).items, [])
    await kubectl('create', 'secret', 'generic', 'a', '--from-literal=key1=value1', '--type=test-type')
    assert.deepEqual([(await secret('a')).type, (await secret('a')).data], ['test-type', { key1: base64('value1') }])
    const login = [
      '--docker-username=test-user',
      '--docker-password=test-password',
      '--docker-email=test-user@test.com',
    ]
    await kubectl('create', 'secret', 'docker-registry', 'b', ...login)
    assert.equal((await secret('b')).type, 'kubernetes.io/dockerconfigjson')
    const auths = JSON.parse(Buffer.from((await secret('b')).data!['.dockerconfigjson']!, 'base64').toString()).auths
    assert.equal(auths['https://index.docker.io/v1/'].auth, base64('test-user:test-password'))
    const mixed = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'c' }, data: { k1: 'djE=', k2: '' } }
    await given({ ...mixed, stringData: { k2: 'v2' } }, 'create', '-f', '-')
    assert.deepEqual((await secret('c')).data, { k1: 'djE=', k2: 'djI=' })
    assert.equal('stringData' in (await secret('c')), false)
    const bytes = file('bytes', '')
    const { writeFileSync } = await import('node:fs')
    writeFileSync(bytes, Buffer.from([0xff, 0x00, 0xfe]))
    await kubectl('create', 'configmap', 'bytes', `--from-file=key=${bytes}`)
    const map = await client().get(configMaps, { namespace: 'data', name: 'bytes' })
    assert.deepEqual([map.data, map.binaryData], [undefined, { key: '/wD+' }])
    const path = '/api/v1/namespaces/data/configmaps'
    const raw = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'raw' } }
    await given(raw, 'create', '--raw', path, '-f', '-')
    assert.match(
      await given({ ...raw, data: { key: 'config1' } }, 'replace', '--raw', `${path}/raw`, '-f', '-'),
      /"uid"/,
    )
    assert.match(await kubectl('get', '--raw', `${path}/raw`), /config1/)
    await kubectl('delete', '--raw', `${path}/raw`)
    assert.match(await refused('get', 'configmap', 'raw'), /configmaps "raw" not found/)
    await kubectl('create', 'serviceaccount', 'robot', '--dry-run=server')
    await kubectl('create', 'serviceaccount', 'robot')
    await client().get(serviceAccounts, { namespace: 'data', name: 'robot' })
  })

  test('budgets, priorities and quotas are made as told, and not in a dry run', async () => {
    await it.enter('limits')
    const budget = async (name: string) =>
      (await client().get(podDisruptionBudgets, { namespace: 'limits', name })).spec
    for (const mode of dryRuns) {
      await kubectl('create', 'pdb', 'a', mode, '--selector=app=rails', '--min-available=2')
      await kubectl('create', 'priorityclass', 'test', mode)
      await kubectl('create', 'quota', 'test', mode)
    }
    await assert.rejects(client().get(priorityClasses, { name: 'test' }), isNotFound)
    await kubectl('create', 'pdb', 'a', '--selector=app=rails', '--min-available=2')
    await kubectl('create', 'pdb', 'b', '--selector=app=rails', '--max-unavailable=50%')
    assert.deepEqual([(await budget('a')).minAvailable, (await budget('b')).maxUnavailable], [2, '50%'])
    await refused('create', 'pdb', 'c', '--selector=app=rails', '--min-available=2', '--max-unavailable=3')
    await kubectl('create', 'priorityclass', 'test', '--value=7', '--description=t')
    assert.equal((await client().get(priorityClasses, { name: 'test' })).value, 7)
    await kubectl('create', 'quota', 'test', '--hard=pods=1')
    assert.deepEqual((await client().get(resourceQuotas, { namespace: 'limits', name: 'test' })).spec.hard, {
      pods: '1',
    })
    const environment = {
      env: [
        { name: 'A', valueFrom: { secretKeyRef: { name: 's', key: 'k1' } } },
        { name: 'B', valueFrom: { configMapKeyRef: { name: 'm', key: 'k2' } } },
        { name: 'C', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      ],
    }
    await given(pod('env', {}, { containers: [{ name: 'main', image: 'v1', ...environment }] }), 'create', '-f', '-')
    assert.match(
      await kubectl('describe', 'pod', 'env'),
      /A: +<set to the key 'k1' in secret 's'>[\s\S]*B: +<set to the key 'k2' of config map 'm'>[\s\S]*C: +env \(v1:metadata.name\)/,
    )
  })

  test('services are created, exposed from what has ports, and their selectors set at a revision', async () => {
    await it.enter('services')
    const service = async (name: string) => client().get(services, { namespace: 'services', name })
    await kubectl('create', 'service', 'clusterip', 'plain', '--tcp=80:8080')
    assert.match(
      await kubectl('describe', 'services', 'plain'),
      /Selector: +app=plain[\s\S]*Endpoints:[\s\S]*Session Affinity: +None/,
    )
    await kubectl('set', 'selector', 'services', 'plain', 'role=padawan')
    for (const mode of dryRuns) await kubectl('set', 'selector', 'services', 'plain', 'role=master', mode)
    assert.deepEqual((await service('plain')).spec.selector, { role: 'padawan' })
    assert.match(await refused('set', 'selector', 'services', 'plain', 'a=b', '--resource-version=1'), /Conflict/)
    const { resourceVersion } = (await service('plain')).metadata
    await kubectl('set', 'selector', 'services', 'plain', 'a=b', `--resource-version=${resourceVersion}`)
    await given(await kubectl('get', 'service', 'plain', '-o', 'json'), 'replace', '-f', '-')
    await kubectl('create', 'service', 'externalname', 'far', '--external-name=bar.com')
    assert.equal((await service('far')).spec.externalName, 'bar.com')
    for (const mode of dryRuns) await kubectl('run', 'meta', '--image=nginx', '--port=80', '--expose', mode)
    await kubectl('run', 'meta', '--image=nginx', '--port=80', '--expose')
    assert.deepEqual((await service('meta')).spec.selector, { run: 'meta' })
    const noted = '--overrides={"metadata":{"annotations":{"zone-context":"work"}}}'
    await kubectl('expose', 'pod', 'meta', '--port=1000', '--target-port=80', '--type=NodePort', '--name=out', noted)
    const out = await service('out')
    assert.deepEqual([out.metadata.annotations, out.spec.ports?.[0]?.targetPort], [{ 'zone-context': 'work' }, 80])
    assert.ok(out.metadata.managedFields?.some(({ manager }) => manager === 'kubectl-expose'))
    await kubectl('expose', 'service', 'meta', '--name=again')
    assert.equal((await service('again')).spec.ports?.[0]?.port, 80)
    assert.match(await refused('expose', 'nodes', nodeName), /cannot expose/)
    const long = 'invalid-large-service-name-that-has-more-than-sixty-three-characters'
    assert.match(await refused('expose', 'pod', 'meta', `--name=${long}`, '--port=81'), /metadata.name: Invalid value/)
    assert.match(
      await kubectl('get', 'services', '-o=custom-columns=NAME:.metadata.name'),
      /NAME\nagain\nfar\nmeta\nout\nplain/,
    )
    await kubectl('delete', 'services', 'again', 'far', 'meta', 'out', 'plain')
  })

  test('a namespace is waited for until it is gone, and what is cluster-wide is warned about', async () => {
    await it.enter('outer')
    for (const mode of dryRuns) await kubectl('create', 'namespace', 'mine', mode)
    assert.match(await refused('get', 'ns/mine'), /namespaces "mine" not found/)
    await kubectl('create', 'namespace', 'mine')
    await given(pod('one'), 'create', '-f', '-', '-n', 'outer')
    assert.match(
      await refused('get', 'pod', 'one', '--all-namespaces'),
      /cannot be retrieved by name across all namespaces/,
    )
    await kubectl('delete', 'namespace', 'mine', '--wait=false')
    await kubectl('wait', '--for=delete', 'ns/mine', '--timeout=60s')
    await assert.rejects(client().get(namespaces, { name: 'mine' }), isNotFound)
    await kubectl('create', 'namespace', 'doomed')
    assert.match(
      await kubectl('delete', 'namespace', '-n', 'doomed', 'doomed'),
      /Warning: deleting cluster-scoped resources[\s\S]*namespace "doomed" deleted/,
    )
  })

  test('a node is tainted, cordoned and drained of the pods that are selected, page by page', async () => {
    await it.enter('drained')
    const node = () => client().get(nodes, { name: nodeName })
    const taint = async () =>
      (await node()).spec.taints
        ?.filter(({ key }) => key === 'dedicated')
        .map(({ value, effect }) => `${value}:${effect}`)
    for (const mode of dryRuns) await kubectl('taint', 'node', nodeName, mode, 'dedicated=foo:PreferNoSchedule')
    assert.deepEqual((await taint()) ?? [], [])
    await kubectl('taint', 'node', nodeName, 'dedicated=foo:PreferNoSchedule')
    assert.deepEqual(await taint(), ['foo:PreferNoSchedule'])
    await kubectl('taint', 'node', nodeName, 'dedicated-', '--dry-run=server')
    assert.ok((await node()).metadata.managedFields?.some(({ manager }) => manager === 'kubectl-taint'))
    await kubectl('taint', 'node', nodeName, 'dedicated-')
    assert.deepEqual((await taint()) ?? [], [])
    // kubectl waits for it to be over, and there is nobody to end a pod.
    const here = { nodeName, terminationGracePeriodSeconds: 1 }
    await given(pod('one', { e: 'f', type: 'test' }, here), 'create', '-f', '-')
    await given(pod('two', { c: 'd', type: 'test' }, here), 'create', '-f', '-')
    for (const mode of dryRuns) {
      await kubectl('cordon', nodeName, mode)
      await kubectl('drain', nodeName, mode, '--force')
    }
    assert.equal((await node()).spec.unschedulable, undefined)
    const told = await kubectl(
      'drain',
      nodeName,
      '--force',
      '--pod-selector',
      'e in (f)',
      '--skip-wait-for-delete-timeout=1',
    )
    assert.match(told, /evicting pod drained\/one/)
    assert.equal((await podNamed('drained', 'two')).metadata.deletionTimestamp, undefined)
    assert.equal((await node()).spec.unschedulable, true)
    await kubectl('uncordon', nodeName)
    assert.match(await kubectl('uncordon', nodeName, '--dry-run=server'), /already uncordoned/)
    await kubectl('label', 'node', nodeName, 'test=label')
    assert.match(await refused('drain', nodeName, '--selector', 'test=label'), /cannot specify both a node name/)
    const paged = ['drain', '--force', '--pod-selector', 'type=test', '--selector', 'test=label', '--chunk-size=1']
    const said = await kubectl(...paged, '--dry-run=client', '-v=6')
    assert.match(said, /\/nodes\?labelSelector=test%3Dlabel&limit=1\b/)
    assert.match(said, /\/pods\?continue=\S*fieldSelector=spec.nodeName%3D127.0.0.1\S*limit=1\b/)
    assert.match(said, /evicting pod drained\/one[\s\S]*evicting pod drained\/two/)
    assert.match(await refused('cordon', '--selector='), /must provide one or more resources/)
    assert.match(await kubectl('cordon', '--selector', 'test=label'), new RegExp(`node/${nodeName} cordoned`))
    assert.doesNotMatch(await kubectl('cordon', '--selector', 'no=such'), /cordoned/)
    assert.match(
      await kubectl('describe', 'node', nodeName),
      /Unschedulable: +true[\s\S]*Non-terminated Pods:[\s\S]*drained +one/,
    )
    await kubectl('delete', 'pods', '--all', '--force')
    await kubectl('patch', 'nodes', nodeName, '-p={"spec":{"unschedulable":null}}')
    assert.equal((await node()).spec.unschedulable, undefined)
  })
})
