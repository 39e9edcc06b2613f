/** A StatefulSet with claims on a machine: what it writes outlives its pods, and goes with its claims. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { cannotRun, eventually, realCluster } from '../fixtures/real-cluster.ts'

const cluster = realCluster(`volumes-test-${process.pid}`)
const { apply, cox, home, kubectl } = cluster

const field = async (what: string, path: string) =>
  (await kubectl('get', ...what.split(' '), '-o', `jsonpath=${path}`)).trim()

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

suite('claims on a machine', { skip: cannotRun }, () => {
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
