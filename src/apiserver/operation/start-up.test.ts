import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StartUp } from './start-up.ts'

test('health pages name each step of the start as Kubernetes does, and say which are not finished', () => {
  const start = new StartUp()
  const checks = start.checks(true)
  const failing = () => checks.filter((one) => one.check() !== '').map(({ name }) => name)
  assert.equal(failing().length, checks.length)
  start.reach('bootstrapped')
  start.reach('admitting')
  assert.ok(failing().includes('poststarthook/crd-informer-synced'))
  assert.ok(!failing().includes('poststarthook/rbac/bootstrap-roles'))
  start.reach('declared')
  assert.deepEqual(failing(), [
    'poststarthook/start-kube-apiserver-identity-lease-controller',
    'poststarthook/start-kube-apiserver-identity-lease-garbage-collector',
    'poststarthook/aggregator-reload-proxy-client-cert',
    'poststarthook/apiservice-status-local-available-controller',
    'poststarthook/kube-apiserver-autoregistration',
    'autoregister-completion',
  ])
  start.reach('registered')
  assert.deepEqual(failing(), [])
})

test('a server without a lease says nothing of it', () => {
  assert.ok(new StartUp().checks(false).every(({ name }) => !name.includes('identity')))
})
