import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LogLevels } from '../../src/machinery/index.ts'
import { startApi } from '../fixtures/api.ts'

test('how much each part logs is asked and changed at /debug/flags/v, as Kubernetes has it', async () => {
  const levels = new LogLevels(() => 2)
  for (const part of ['apiserver', 'controllers', 'controllers/namespace-controller']) levels.add(part)
  await using api = await startApi({ levels })
  const put = (body: string, query = '') => api.http('PUT', `/debug/flags/v${query}`, { body })
  assert.deepEqual(await put('4').then(({ code, body }) => [code, body]), [
    200,
    'successfully set klog.logging.verbosity to 4\n',
  ])
  assert.equal((await put('6', '?component=controllers/namespace-controller')).code, 200)
  const asked = JSON.parse((await api.http('GET', '/debug/flags/v')).body)
  assert.deepEqual(asked.levels, [
    { part: 'apiserver', level: 4, isOwn: true },
    { part: 'controllers', level: 2, isOwn: false },
    { part: 'controllers/namespace-controller', level: 6, isOwn: true },
  ])
  await put('', '?component=controllers/namespace-controller')
  assert.equal(levels.of('controllers/namespace-controller'), 2)
  const wrong = await put('many')
  assert.deepEqual([wrong.code, wrong.body], [400, 'failed to set klog.logging.verbosity to "many": not a number\n'])
  const unknown = await put('4', '?component=nothing')
  assert.equal(unknown.code, 404)
  assert.match(unknown.body, /there is no component "nothing"; there are apiserver, controllers, /)
  assert.equal((await api.http('POST', '/debug/flags/v')).code, 406)
})
