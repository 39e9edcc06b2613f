import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chosenFeatures } from './features.ts'

test('flags go above the file, the file above what is remembered, and each is checked', async () => {
  const known = { gates: { EnvFiles: false }, runtimeConfig: { 'api/beta': 'true' } }
  assert.deepEqual(await chosenFeatures(undefined, {}, undefined), {})
  assert.deepEqual(await chosenFeatures(known, {}, undefined), { features: known })
  assert.deepEqual(await chosenFeatures(known, {}, { gates: { HostnameOverride: false } }), {
    features: { gates: { HostnameOverride: false }, runtimeConfig: { 'api/beta': 'true' } },
  })
  assert.deepEqual(await chosenFeatures(known, { featureGates: '', runtimeConfig: 'api/all=true' }, undefined), {
    features: { gates: {}, runtimeConfig: { 'api/all': 'true' } },
  })
  assert.deepEqual(await chosenFeatures(undefined, { featureGates: 'Unheard=true' }, undefined), {
    problem: 'unrecognized feature gate: Unheard',
  })
  assert.deepEqual(await chosenFeatures(undefined, { runtimeConfig: 'x.io/v1=true' }, undefined), {
    problem: 'unknown api groups x.io/v1',
  })
})
