import assert from 'node:assert/strict'
import { test } from 'node:test'
import { container, podWith } from '../../../test/fixtures/kubelet.ts'
import { manualClock, seededRandom } from '../../machinery/index.ts'
import type { Container, Secret } from '../../resources/index.ts'
import { RuntimeError } from '../runtime/runtime.ts'
import { createSimulatedRuntime } from '../simulated/simulated-runtime.ts'
import { credentialsFor, imageNameComplaint, imageRepository } from './credentials.ts'
import { createImagePuller } from './image-puller.ts'

const repositories: readonly [image: string, host: string, path: string][] = [
  ['busybox', 'docker.io', 'library/busybox'],
  ['team/app:1', 'docker.io', 'team/app'],
  ['localhost:5000/a/b@sha256:1', 'localhost:5000', 'a/b'],
  ['registry.example.com/a:2', 'registry.example.com', 'a'],
]
for (const [image, host, path] of repositories)
  test(`image ${image} is ${path} at ${host}`, () => assert.deepEqual(imageRepository(image), { host, path }))

const names: readonly [image: string, complaint: string | undefined][] = [
  ['busybox', undefined],
  ['registry.example.com:5000/team/app_x:v1.2-rc@sha256:0123456789abcdef0123456789abcdef', undefined],
  ['sha256:7d9e31e8f2a82abf7c28bf8cdefa41694b190e4c6e656d9896ffdc5a48437a2f', undefined],
  ['UPPER/case', undefined],
  ['upper/Case:1', 'invalid reference format: repository name must be lowercase'],
  ['a::b', 'invalid reference format'],
  ['', 'invalid reference format'],
]
for (const [image, complaint] of names)
  test(`image name ${JSON.stringify(image)} is ${complaint ?? 'good'}`, () =>
    assert.equal(imageNameComplaint(image), complaint))

const secretOf = (auths: object, name = 'pull'): Secret =>
  ({
    metadata: { uid: `${name}-uid`, namespace: 'default', name },
    data: { '.dockerconfigjson': Buffer.from(JSON.stringify({ auths })).toString('base64') },
  }) as unknown as Secret
const auth = (user: string) => ({ auth: Buffer.from(`${user}:p:w`).toString('base64') })
const secrets = [
  secretOf({ 'https://index.docker.io/v1/': auth('hub'), '*.example.com': auth('wild') }),
  secretOf({ 'registry.example.com/team': auth('team'), 'registry.example.com': { username: 'all', password: 'x' } }),
]
const users: readonly [image: string, names: readonly string[]][] = [
  ['busybox', ['hub']],
  ['registry.example.com/team/app', ['team', 'wild', 'all']],
  ['registry.example.com/teams/app', ['wild', 'all']],
  ['deep.registry.example.com/app', []],
]
for (const [image, names] of users)
  test(`image ${image} is pulled as ${names.join(', ') || 'nobody'}`, () => {
    const found = credentialsFor(image, secrets)
    assert.deepEqual(
      found.map(({ credentials }) => credentials.username),
      names,
    )
    if (names[0] === 'hub') assert.equal(found[0]?.credentials.password, 'p:w')
  })

function setUp(images: readonly string[]) {
  const clock = manualClock()
  const runtime = createSimulatedRuntime({ clock, random: seededRandom(1), images })
  const puller = createImagePuller({ runtime, clock })
  const told: string[] = []
  const ensure = (rest: Partial<Container>) =>
    puller
      .ensure(
        podWith({}),
        container('main', { image: 'app:1', ...rest }),
        [],
        (type, reason, message) => void told.push(`${type} ${reason}: ${message}`),
      )
      .then(
        () => 'present',
        (error) => `${error.reason}: ${error.message}`,
      )
  return { clock, runtime, ensure, told }
}

test('image is pulled when absent, and then found', async () => {
  const { ensure, told } = setUp(['app:1'])
  assert.deepEqual([await ensure({}), await ensure({})], ['present', 'present'])
  assert.deepEqual(told, [
    'Normal Pulling: Pulling image "app:1"',
    'Normal Pulled: Successfully pulled image "app:1" in 0s (0s including waiting). Image size: 1000000 bytes.',
    'Normal Pulled: Container image "app:1" already present on machine',
  ])
})
test('image is pulled each time under Always, and for latest', async () => {
  const { ensure, told } = setUp(['app:1', 'app'])
  await ensure({ imagePullPolicy: 'Always' })
  await ensure({ imagePullPolicy: 'Always' })
  await ensure({ image: 'app' })
  await ensure({ image: 'app' })
  assert.equal(told.filter((text) => text.startsWith('Normal Pulling')).length, 4)
})
test('image is never pulled under Never', async () => {
  const { ensure } = setUp(['app:1'])
  assert.equal(
    await ensure({ imagePullPolicy: 'Never' }),
    'ErrImageNeverPull: Container image "app:1" is not present with pull policy of Never',
  )
})
test('image that cannot be pulled is tried again after growing waits', async () => {
  const { clock, runtime, ensure, told } = setUp([])
  const failure = 'ErrImagePull: app:1: not found'
  assert.equal(await ensure({}), failure)
  assert.equal(await ensure({}), `ImagePullBackOff: Back-off pulling image "app:1": ${failure}`)
  clock.advance(10_000)
  assert.equal(await ensure({}), failure)
  clock.advance(10_001)
  assert.match(await ensure({}), /^ImagePullBackOff/)
  clock.advance(10_000)
  runtime.pullImage = async () => {
    throw new RuntimeError('registry-unavailable', 'dial tcp: connection refused')
  }
  assert.equal(
    await ensure({}),
    'ErrImagePull: image pull failed for app:1 because the registry is unavailable: dial tcp: connection refused',
  )
  assert.equal(told.includes('Normal BackOff: Back-off pulling image "app:1"'), true)
})
