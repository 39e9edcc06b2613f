import { compared } from './differences.ts'
import { pathOf } from './kinds.ts'
import { runs } from './kubelet.ts'
import type { Scenario, Stage } from './scenario.ts'
import { pause, type Side } from './side.ts'
import { eventsIn, objectsIn } from './snapshot.ts'

/** A difference that is meant, or that says nothing, and why it may be. */
const excepted: readonly { readonly line: RegExp; readonly why: string }[] = [
  {
    line: /no new claims to deallocate, preemption: .*not found"?$|\. not found( \||"|$)/,
    why: 'where a pod is refused before any node is asked, Kubernetes ends with the error of a plugin that was not asked',
  },
  {
    line: /FailedScheduling \| .*no new claims to deallocate, preemption: 0\/\d nodes are available: (\d) Preemption is not helpful/,
    why: 'the same in events, which ours words as where nodes were asked',
  },
  { line: /endpointslices.*metadata\.generation/, why: 'how often slices were written is a matter of time' },
  { line: /last-change-trigger-time/, why: 'which change was the last is a matter of time' },
  { line: /^event.*\(combined from similar events\)/, why: 'which events were too many is a matter of time' },
  {
    line: /^event.*(FailedUpdate|FailedCreate).*Operation cannot be fulfilled/,
    why: 'Kubernetes tells of writes that came too late',
  },
]

interface Played {
  readonly looks: readonly (readonly [when: string, what: unknown])[]
  readonly events: ReadonlySet<string>
}

/** Plays a scenario on both sides at once, and tells what differs. */
export async function runScenario(
  scenario: Scenario,
  ours: Side,
  theirs: Side,
  run: string,
): Promise<readonly string[]> {
  const [a, b] = await Promise.all([play(scenario, ours, run), play(scenario, theirs, run)])
  const found = a.looks.flatMap(([when, what], at) => [...compared(`${when} `, what, b.looks[at]?.[1])])
  for (const one of a.events) if (!b.events.has(one)) found.push(`event only ours: ${one}`)
  for (const one of b.events) if (!a.events.has(one)) found.push(`event only theirs: ${one}`)
  return found.filter((line) => !excepted.some((one) => one.line.test(line)))
}

async function play({ name, fates = runs, play: act }: Scenario, side: Side, run: string): Promise<Played> {
  const namespace = `${name.replaceAll(/[^a-z0-9]+/g, '-')}-${run}`
  const looks: [string, unknown][] = []
  side.decide(namespace, fates)
  await side.call('POST', '/api/v1/namespaces', { metadata: { name: namespace } })
  await side.until(() => side.get('serviceaccounts', namespace, 'default').metadata)
  await admitted(side, namespace)
  const stage: Stage = {
    create: (object) => side.call('POST', pathOf(pluralOf(object.kind), namespace), object),
    patch: (plural, one, body, subresource) => side.strategic(pathOf(plural, namespace, one, subresource), body),
    remove: (plural, one, propagationPolicy) =>
      side.call('DELETE', pathOf(plural, namespace, one), propagationPolicy === undefined ? {} : { propagationPolicy }),
    async evict(pod) {
      const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: pod } }
      const answer = await side.call('POST', pathOf('pods', namespace, pod, 'eviction'), body)
      looks.push([`evict ${looks.length}`, { code: answer.code, ...JSON.parse(answer.text) }])
      return answer
    },
    get: (plural, one) => side.get(plural, namespace, one),
    list: (plural) => side.list(plural, namespace),
    async until(isSo) {
      if (!(await side.until(isSo))) looks.push([`gave up ${looks.length}`, side.which])
    },
    quiet: () => side.quiet(namespace),
    async look(when) {
      await side.quiet(namespace)
      looks.push([when, objectsIn(side, namespace)])
    },
    decide: (next) => side.decide(namespace, next),
  }
  await act(stage)
  await stage.look('end')
  const events = eventsIn(side, namespace)
  await side.call('DELETE', `/api/v1/namespaces/${namespace}`)
  return { looks, events }
}

/** Until a pod would be let in: admission may not know of the namespace's service account yet. */
async function admitted(side: Side, namespace: string): Promise<void> {
  const body = { metadata: { name: 'probe' }, spec: { containers: [{ name: 'c', image: 'i' }] } }
  for (let tries = 0; tries < 50; tries++) {
    if ((await side.call('POST', `${pathOf('pods', namespace)}?dryRun=All`, body)).code === 201) return
    await pause(100)
  }
}

const pluralOf = (kind: string) => (kind === 'Endpoints' ? 'endpoints' : `${kind.toLowerCase()}s`)
