import assert from 'node:assert/strict'
import { test } from 'node:test'
import { msOf } from '../../machinery/index.ts'
import type { PodGroup } from '../generated/types.ts'
import { podGroupCells } from './pod-groups.ts'

test('a group says of what policy it is, whose, and whether it is scheduled', () => {
  const cellsOf = (spec: object, conditions: readonly object[] = []) =>
    podGroupCells(
      {
        metadata: { name: 'g', creationTimestamp: '2026-01-01T00:00:00Z' },
        spec: { schedulingPolicy: { basic: {} }, ...spec },
        status: { conditions },
      } as unknown as PodGroup,
      msOf('2026-01-01T00:01:00Z'),
    )
  assert.deepEqual(cellsOf({}), ['g', 'Basic', '<none>', 'Pending', '60s'])
  const scheduled = (status: string) => ({ type: 'PodGroupScheduled', status, reason: 'x' })
  const podGroupTemplateRef = { workload: { workloadName: 'w', podGroupTemplateName: 't' } }
  const gang = { schedulingPolicy: { gang: { minCount: 2 } }, podGroupTemplateRef }
  assert.deepEqual(cellsOf(gang, [scheduled('True')]), ['g', 'Gang', 'w', 'Scheduled', '60s'])
  assert.equal(cellsOf({}, [scheduled('False')])[3], 'Unschedulable')
  assert.equal(
    cellsOf({}, [scheduled('True'), { type: 'DisruptionTarget', status: 'True', reason: 'Gone' }])[3],
    'Gone',
  )
})
