import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Job } from '../../resources/index.ts'
import { groupName, isGang, workloadName } from './scheduling-group.ts'

test('Workloads and PodGroups of Jobs have the names that Kubernetes gives them', () => {
  const uid = '0b4e8c1e-1111-2222-3333-444455556666'
  // The hashes as Go computes them: 2416528421 and 2277592581.
  const encoded = (digits: string) =>
    [...digits].map((digit) => 'bcdfghjklmnpqrstvwxz2456789'[digit.charCodeAt(0) % 27])
  assert.equal(workloadName({ metadata: { name: 'train', uid } } as Job), `train-${encoded('2416528421').join('')}`)
  assert.equal(groupName('train-abc', 'train-pgt-0'), `train-abc-train-pgt-0-${encoded('2277592581').join('')}`)
  for (const [workload, template] of [
    [300, 20],
    [20, 300],
    [300, 300],
  ] as const)
    assert.ok(groupName('w'.repeat(workload), 't'.repeat(template)).length <= 253)
  assert.ok(workloadName({ metadata: { name: 'j'.repeat(253), uid } } as Job).length <= 253)
})

test('a Job is placed as a gang where all of its pods run at once', () => {
  const jobThat = (spec: object) => ({ spec: { template: { spec: {} }, ...spec } }) as unknown as Job
  const completionMode = 'Indexed'
  const cases: readonly (readonly [spec: object, is: boolean])[] = [
    [{ completionMode, parallelism: 4, completions: 4 }, true],
    [{ completionMode, parallelism: 1, completions: 1 }, false],
    [{ completionMode, parallelism: 2, completions: 4 }, false],
    [{ completionMode, parallelism: 2 }, false],
    [{ completionMode: 'NonIndexed', parallelism: 4, completions: 4 }, false],
    [
      {
        completionMode,
        parallelism: 4,
        completions: 4,
        template: { spec: { schedulingGroup: { podGroupName: 'g' } } },
      },
      false,
    ],
  ]
  for (const [spec, is] of cases) assert.equal(isGang(jobThat(spec)), is, JSON.stringify(spec))
})
