import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { container, podWith } from '../../../test/fixtures/kubelet.ts'
import { manualClock, seededRandom } from '../../machinery/index.ts'
import type { Secret } from '../../resources/index.ts'
import { RuntimeError } from '../runtime/runtime.ts'
import { createSimulatedRuntime } from '../simulated/simulated-runtime.ts'
import { createImagePuller } from './image-puller.ts'
import { judgeAccess, type PulledRecord, type VerificationPolicy } from './pull-records.ts'
import { openPulledImages } from './pulled-images.ts'

const secretOf = (name: string, password: string): Secret =>
  ({
    metadata: { uid: `${name}-uid`, namespace: 'default', name },
    data: {
      '.dockerconfigjson': Buffer.from(JSON.stringify({ auths: { 'r.io': { username: 'me', password } } })).toString(
        'base64',
      ),
    },
  }) as unknown as Secret
const good = secretOf('good', 'right')

/** A node whose registry gives `r.io/private:1` to whoever knows the password, and `r.io/public:1` to anybody. */
async function setUp(t: TestContext, policy: VerificationPolicy = { name: 'NeverVerifyPreloadedImages' }) {
  const directory = await mkdtemp(join(tmpdir(), 'pulled-'))
  t.after(() => rm(directory, { recursive: true }))
  const clock = manualClock()
  const images = ['r.io/private:1', 'r.io/public:1']
  const runtime = createSimulatedRuntime({ clock, random: seededRandom(1), images })
  const give = runtime.pullImage.bind(runtime)
  let pulls = 0
  runtime.pullImage = async (image, credentials) => {
    pulls++
    if (image.includes('private') && credentials?.password !== 'right')
      throw new RuntimeError('unauthorized', 'authorization failed')
    return give(image)
  }
  const judged: string[] = []
  const counts: number[][] = []
  const open = async () => {
    const measures = {
      pullJudged: (result: string) => void judged.push(result),
      pullsRecorded: (...now: number[]) => void counts.push(now),
    }
    const complain = (_: string, error: unknown) => assert.fail(String(error))
    const pulledImages = await openPulledImages({ directory, runtime, clock, policy, complain, measures })
    return { pulledImages, puller: createImagePuller({ runtime, clock, pulledImages }) }
  }
  let node = await open()
  let pods = 0
  const ensure = (
    image: string,
    secrets: readonly Secret[],
    imagePullPolicy: 'IfNotPresent' | 'Never' = 'IfNotPresent',
  ) =>
    node.puller
      .ensure(
        podWith({}, { metadata: { uid: `${pods++}` } }),
        container('main', { image, imagePullPolicy }),
        secrets,
        () => {},
      )
      .then(
        ({ pulledMs }) => (pulledMs === undefined ? 'there' : 'pulled'),
        (error) => error.reason,
      )
  return {
    ...{ clock, runtime, ensure, judged, counts, directory },
    pulls: () => pulls,
    restart: async () => void (node = await open()),
    node: () => node,
  }
}

test('an image that was pulled with a secret is for those who bring it, or one that is as good', async (t) => {
  const { ensure, restart, judged, pulls } = await setUp(t)
  assert.equal(await ensure('r.io/private:1', []), 'ErrImagePull')
  assert.equal(await ensure('r.io/private:1', [good]), 'pulled')
  assert.equal(await ensure('r.io/private:1', [good]), 'there')
  assert.equal(await ensure('r.io/private:1', []), 'ErrImagePull')
  assert.equal(await ensure('r.io/private:1', [], 'Never'), 'ErrImageNeverPull')
  assert.equal(await ensure('r.io/private:1', [secretOf('other', 'wrong')]), 'ErrImagePull')
  assert.equal(await ensure('r.io/private:1', [secretOf('twin', 'right')]), 'there')
  await restart()
  assert.equal(await ensure('r.io/private:1', [secretOf('twin', 'changed')]), 'there')
  assert.equal(await ensure('r.io/private:1', []), 'ErrImagePull')
  assert.equal(pulls(), 5)
  const [found, must] = ['credentialRecordFound', 'mustAuthenticate']
  assert.deepEqual(judged, [found, must, must, must, found, found, must])
})

test('an image that the registry gives to anybody is for every pod of the node', async (t) => {
  const { ensure, counts } = await setUp(t)
  assert.equal(await ensure('r.io/public:1', []), 'pulled')
  assert.equal(await ensure('r.io/public:1', [good]), 'there')
  assert.equal(await ensure('r.io/public:1', [], 'Never'), 'there')
  assert.deepEqual(counts, [
    [0, 0],
    [1, 0],
    [1, 1],
    [0, 1],
  ])
})

test('an image that was there before is for everybody, unless the policy says otherwise', async (t) => {
  for (const [name, outcome] of [
    ['NeverVerify', 'there'],
    ['NeverVerifyPreloadedImages', 'there'],
    ['NeverVerifyAllowlistedImages', 'there'],
    ['AlwaysVerify', 'ErrImagePull'],
  ] as const) {
    const { ensure, runtime } = await setUp(t, { name, allowlist: ['r.io/private'] })
    await runtime.pullImage('r.io/private:1', { username: 'me', password: 'right' })
    assert.equal(await ensure('r.io/private:1', []), outcome, name)
  }
})

test('a pull that a kubelet did not live to see the end of leaves an image that nobody has shown to be theirs', async (t) => {
  const { ensure, restart, node, runtime, directory } = await setUp(t)
  await node().pulledImages.begin('r.io/private:1')
  await runtime.pullImage('r.io/private:1', { username: 'me', password: 'right' })
  await restart()
  assert.deepEqual(await readdir(join(directory, 'pulling')), [])
  assert.equal(await ensure('r.io/private:1', []), 'ErrImagePull')
  assert.equal(await ensure('r.io/private:1', [good]), 'pulled')
  assert.equal(await ensure('r.io/private:1', [good]), 'there')
})

test('what is known of an image goes with it, unless it was noted since somebody looked', async (t) => {
  const { ensure, clock, node, directory } = await setUp(t)
  await ensure('r.io/public:1', [])
  await node().pulledImages.prune(new Set(), clock.now())
  assert.equal((await readdir(join(directory, 'pulled'))).length, 1)
  clock.advance(5000)
  await node().pulledImages.prune(new Set(), clock.now())
  assert.deepEqual(await readdir(join(directory, 'pulled')), [])
})

test('an image under another name, or one whose record names nobody, has to be asked for again', () => {
  const policy = { name: 'NeverVerifyPreloadedImages' } as const
  const all = { nodePodsAccessible: true }
  const record: PulledRecord = { lastUpdatedTime: '', imageRef: 'sha256:1', credentialMapping: { 'a.io/x': all } }
  const judge = (image: string, of: PulledRecord | undefined, isBeingPulled = false) =>
    judgeAccess(image, of, isBeingPulled, [], policy).result
  assert.equal(judge('a.io/x:2@sha256:1', record), 'credentialRecordFound')
  assert.equal(judge('b.io/x:2', record), 'mustAuthenticate')
  assert.equal(judge('a.io/x', { ...record, credentialMapping: {} }), 'mustAuthenticate')
  assert.equal(judge('a.io/x', undefined), 'credentialPolicyAllowed')
  assert.equal(judge('a.io/x', undefined, true), 'mustAuthenticate')
})
