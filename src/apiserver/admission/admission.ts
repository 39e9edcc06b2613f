import type { KubeObject, Series } from '../../machinery/index.ts'
import type { Draft, ResourceDefinition } from '../../resources/index.ts'
import type { Mark, Revision } from '../../store/index.ts'
import type { Identity } from '../request.ts'
import type { AdmissionMeasures } from './measures.ts'

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT'

/** One write as admission sees it. `object` may be changed by `admit`; it is undefined for deletes. */
export interface Attributes {
  readonly operation: Operation
  readonly definition: ResourceDefinition<any>
  readonly subresource: string
  readonly namespace: string
  readonly name: string
  object: Draft
  readonly previous: KubeObject | undefined
  readonly identity: Identity
  readonly dryRun: boolean
  /** CreateOptions, UpdateOptions, PatchOptions or DeleteOptions, as the caller gave them. */
  readonly options?: object
  /** The kind of the body, where it is not the resource's own. */
  readonly kind?: { readonly group: string; readonly version: string; readonly kind: string }
  /** Who is to be asked once more, because the object was changed after they were asked. */
  readonly again: Again
  /** What the object has in common with others that are made of the same template. */
  readonly alike?: { readonly suffix: string }
  /** The trace the write is part of. */
  readonly traceparent?: string
  /** Told how long somebody outside was waited for, in ms. */
  readonly waited?: (ms: number) => void
  warn(text: string): void
  /** Undoes something that was done for the write, should it not be stored. */
  onFailure(undo: () => Promise<void>): void
  /** Leaves a note in the audit log. */
  annotate(key: string, value: string): void
}

/** Kubernetes: mutating plugins are asked at most twice, the second time only those that something later concerns. */
export interface Again {
  wanted: boolean
  isSecondRound: boolean
  /** Webhooks and policies that were asked and want to know of later changes. */
  readonly asked: Set<string>
  /** Those of them that there is something new for. */
  readonly due: Set<string>
}

export const askedNobody = (): Again => ({ wanted: false, isSecondRound: false, asked: new Set(), due: new Set() })

/** What somebody who is asked answers: a promise only where others have to be waited for. */
export type Answered = Promise<void> | void

/** One admission plugin under its Kubernetes name. A refusal is a StatusError, thrown or rejected with. */
export interface AdmissionPlugin {
  readonly name: string
  /** The `group/plural` of all that concerns it, subresources included; without it everything may. */
  readonly resources?: readonly string[]
  /** Whether it has a say on such writes, whatever is in them; without it on all. Asked once for each. */
  concerns?(operation: Operation, subresource: string): boolean
  admit?(attributes: Attributes): Answered
  validate?(attributes: Attributes): Answered
  /** What its leave for a write goes by, asked when it has given it; without an answer it is asked about every write. */
  standsBy?(attributes: Attributes): StandsBy | undefined
}

/** Beside the write itself and who makes it, what decides about it. */
export interface StandsBy {
  /** While none of these changes, the same is answered about the same. */
  readonly kinds: readonly ResourceDefinition<any>[]
  /** Whether that is so still, where it is known otherwise. */
  holds?(): boolean
  /** What is noted of each write. */
  note?(annotate: Attributes['annotate']): void
}

/** What those go by that say nothing while nobody is there to be asked. */
export function whileNone(list: { readonly all: readonly unknown[] }): StandsBy | undefined {
  const holds = () => list.all.length === 0
  return holds() ? { kinds: [], holds } : undefined
}

/** An answer of the whole chain that is there for writes like the one it was given to. */
export interface Standing {
  /** Whether everybody would answer the same now. */
  holds(): boolean
  /** Notes that it was answered once more, without anybody being asked. */
  note(annotate: Attributes['annotate']): void
}

/** The chain in Kubernetes' order: all `admit` first, `validate` once the object is complete. */
export interface Admission {
  admit(attributes: Attributes): Answered
  validate(attributes: Attributes): Answered
  /** How long the leave holds that was given to a write since a revision; undefined: for that one alone. */
  standing(attributes: Attributes, since: Revision): Standing | undefined
}

/** The plugins that have a say on one kind of write at one step, and what of each is measured. */
interface Step {
  readonly type: 'admit' | 'validate'
  readonly operation: Operation
  readonly plugins: readonly AdmissionPlugin[]
  readonly series: readonly Series[]
  readonly whole: Series | undefined
}
interface Steps {
  readonly admit: Step
  readonly validate: Step
}

/** Most plugins answer at once, so that a write costs no turn of its own but where one has to ask others. */
export function admissionChain(
  plugins: readonly AdmissionPlugin[],
  measures?: AdmissionMeasures,
  markOf: (definition: ResourceDefinition<any>) => Mark = () => never,
): Admission {
  const known = new WeakMap<ResourceDefinition<any>, Map<string, Steps>>()
  const stepsFor = ({ definition, operation, subresource }: Attributes): Steps => {
    let byWrite = known.get(definition)
    if (byWrite === undefined) known.set(definition, (byWrite = new Map()))
    const key = subresource === '' ? operation : `${operation} ${subresource}`
    let steps = byWrite.get(key)
    if (steps !== undefined) return steps
    const { group, plural } = definition
    const concerned = plugins.filter(
      (plugin) =>
        plugin.resources?.includes(`${group}/${plural}`) !== false &&
        plugin.concerns?.(operation, subresource) !== false,
    )
    const stepOf = (type: Step['type']): Step => {
      const asked = concerned.filter((plugin) => plugin[type] !== undefined)
      const series =
        measures === undefined ? [] : asked.map(({ name }) => measures.plugin(name, type, operation, false))
      return { type, operation, plugins: asked, series, whole: measures?.step(type, operation, false) }
    }
    byWrite.set(key, (steps = { admit: stepOf('admit'), validate: stepOf('validate') }))
    return steps
  }
  const ask = (step: Step, attributes: Attributes): Answered => {
    const nowMs = measures?.now() ?? 0
    return askFrom(0, { startedMs: nowMs, beganMs: nowMs }, step, attributes)
  }
  /** One plugin after the other; each ends where the next one begins, so that the clock is read once for both. */
  const askFrom = (first: number, times: Times, step: Step, attributes: Attributes): Answered => {
    const { type, plugins: asked, series } = step
    for (let at = first; at < asked.length; at++) {
      let answer: Answered
      try {
        answer = asked[at]![type]!(attributes)
      } catch (error) {
        refused(at, times, step)
        throw error
      }
      if (answer !== undefined) return goOn(answer, at, times, step, attributes)
      if (measures !== undefined) took(series[at]!, times, measures)
    }
    if (measures !== undefined) step.whole!.observe((measures.now() - times.startedMs) / 1000)
    return undefined
  }
  const goOn = async (answer: Promise<void>, at: number, times: Times, step: Step, attributes: Attributes) => {
    try {
      await answer
    } catch (error) {
      refused(at, times, step)
      throw error
    }
    if (measures !== undefined) took(step.series[at]!, times, measures)
    await askFrom(at + 1, times, step, attributes)
  }
  const refused = (at: number, { startedMs, beganMs }: Times, { type, operation, plugins: asked }: Step) => {
    if (measures === undefined) return
    const nowMs = measures.now()
    measures.plugin(asked[at]!.name, type, operation, true).observe((nowMs - beganMs) / 1000)
    measures.step(type, operation, true).observe((nowMs - startedMs) / 1000)
  }
  const admitAgain = async (asked: Promise<void> | undefined, attributes: Attributes) => {
    await asked
    if (!attributes.again.wanted) return
    attributes.again.isSecondRound = true
    await ask(stepsFor(attributes).admit, attributes)
  }
  return {
    admit(attributes) {
      const asked = ask(stepsFor(attributes).admit, attributes)
      return asked === undefined && !attributes.again.wanted ? undefined : admitAgain(asked ?? undefined, attributes)
    },
    validate: (attributes) => ask(stepsFor(attributes).validate, attributes),
    standing: (attributes, since) => standingOf(stepsFor(attributes), attributes, since, markOf),
  }
}

const never: Mark = { at: 0 }

function standingOf(
  { admit, validate }: Steps,
  attributes: Attributes,
  since: Revision,
  markOf: (definition: ResourceDefinition<any>) => Mark,
): Standing | undefined {
  const grounds: StandsBy[] = []
  for (const plugin of new Set([...admit.plugins, ...validate.plugins])) {
    const stands = plugin.standsBy?.(attributes)
    if (stands === undefined) return undefined
    grounds.push(stands)
  }
  const marks = [...new Set(grounds.flatMap(({ kinds }) => kinds))].map(markOf)
  const conditions = grounds.filter(({ holds }) => holds !== undefined)
  const notes = grounds.filter(({ note }) => note !== undefined)
  const series = [admit, validate].flatMap(({ series, whole }) => (whole === undefined ? [] : [...series, whole]))
  return {
    holds() {
      for (let at = 0; at < marks.length; at++) if (marks[at]!.at > since) return false
      for (let at = 0; at < conditions.length; at++) if (!conditions[at]!.holds!()) return false
      return true
    },
    note(annotate) {
      for (let at = 0; at < notes.length; at++) notes[at]!.note!(annotate)
      for (let at = 0; at < series.length; at++) series[at]!.observe(0)
    },
  }
}

/** When a step began, and when the plugin that is being asked did. */
interface Times {
  readonly startedMs: number
  beganMs: number
}

function took(series: Series, times: Times, measures: AdmissionMeasures): void {
  const nowMs = measures.now()
  series.observe((nowMs - times.beganMs) / 1000)
  times.beganMs = nowMs
}
