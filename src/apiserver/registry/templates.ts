import {
  cloneJson,
  deepFreeze,
  type KubeObject,
  type ManagedFieldsEntry,
  type Random,
  sameJson,
} from '../../machinery/index.ts'
import type { Draft, ResourceDefinition } from '../../resources/index.ts'
import type { Standing } from '../admission/admission.ts'
import type { Identity, RequestContext } from '../request.ts'
import { draftOf, isReadBody, type ReadBody } from './draft.ts'
import { textLength } from './text-length.ts'

/** Beyond these, what is made is not made in numbers, or not worth remembering. */
const templatesKeptMax = 256
const outcomesKeptMax = 8
const textLengthMax = 64 << 10
/** Names that are valid wherever one is asked for, and about which there is nothing to warn of. */
const plainName = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/

/** What objects of one template came to: checked, and the same for all that admission left alike. */
export interface Outcome {
  /** What admission had left of them, before it was completed. */
  readonly admitted: Draft
  readonly object: KubeObject
  readonly warnings: readonly string[]
  /** About how long its JSON is. */
  readonly length: number
  /** Who was let make them where, and whether that holds for others they make there. */
  leave?: Leave | undefined
}
export interface Leave {
  readonly namespace: string | undefined
  readonly identity: Identity
  readonly standing: Standing
}

/** What was sent when the first of several objects was made that differ in their names alone. */
export class Template {
  readonly #draft: Draft
  readonly #outcomes: Outcome[] = []
  /** Who owns what of a new object; undefined until somebody found out. */
  managers: readonly ManagedFieldsEntry[] | undefined
  #managersNow: readonly ManagedFieldsEntry[] = []
  /** What admission puts at the end of the names that it makes up. */
  readonly suffix: string

  constructor(draft: Draft, suffix: string) {
    this.#draft = deepFreeze(cloneJson(draft))
    this.suffix = suffix
  }

  /** Another draft like the first. */
  draft(name: string | undefined): Draft {
    const draft = cloneJson(this.#draft)
    if (name !== undefined) draft.metadata.name = name
    return draft
  }

  /** The same of objects that are made at a time; shared by those of one second. */
  managersAt(time: string): readonly ManagedFieldsEntry[] {
    if (this.#managersNow[0]?.time !== time)
      this.#managersNow = Object.freeze((this.managers ?? []).map((entry) => Object.freeze({ ...entry, time })))
    return this.#managersNow
  }

  /** What another object comes to that somebody makes in a namespace, where nobody need be asked about it. */
  granted(namespace: string | undefined, name: string | undefined, identity: Identity): Outcome | undefined {
    if (this.managers === undefined || (name !== undefined && !plainName.test(name))) return undefined
    for (const outcome of this.#outcomes) {
      const { leave } = outcome
      if (leave === undefined || leave.namespace !== namespace || !sameJson(leave.identity, identity)) continue
      if (leave.standing.holds()) return outcome
      outcome.leave = undefined
    }
    return undefined
  }

  /** What objects that admission left like this one came to; undefined when there was none, or the name has to be looked at. */
  outcomeOf(admitted: Draft, name: string): Outcome | undefined {
    return plainName.test(name) ? this.#outcomes.find((outcome) => sameJson(outcome.admitted, admitted)) : undefined
  }

  remember(admitted: Draft, object: KubeObject, warnings: readonly string[]): Outcome | undefined {
    if (!plainName.test(object.metadata.name) || this.#outcomes.length >= outcomesKeptMax) return undefined
    const outcome: Outcome = { admitted, object: deepFreeze(object), warnings, length: textLength(object) }
    this.#outcomes.push(outcome)
    return outcome
  }
}

/** A draft less what differs from object to object of one template. */
export function admittedOf(draft: Draft): Draft {
  return { ...draft, metadata: { ...draft.metadata, name: '', managedFields: undefined } }
}

/**
 * Pods are made in numbers, and those of one owner differ in their names alone. What decoding, defaults, managers and checks
 * come to is found out for the first of them; admission is asked about each.
 */
export class Templates {
  readonly #random: Random
  readonly #known = new Map<string, Template>()
  readonly #alike = new WeakMap<object, Map<string, Template>>()

  constructor(random: Random) {
    this.#random = random
  }

  /** What a body is made of: the template that it is of, if it is of one, and its name; or else its draft. */
  of(
    definition: ResourceDefinition<any>,
    body: unknown,
    context: RequestContext,
  ): { readonly template: Template; readonly name: string | undefined } | { readonly draft: Draft } {
    const alike = this.#alikeOf(body, context)
    const like = alike?.get(likeKeyOf(context))
    if (like !== undefined) return { template: like, name: (body as ReadBody & { value: Draft }).value.metadata.name }
    const key = keyOf(definition, body, context)
    if (key === undefined) return { draft: draftOf(definition, body, context) }
    const known = this.#known.get(key.text)
    if (known !== undefined) {
      alike?.set(likeKeyOf(context), known)
      return { template: known, name: key.name }
    }
    const said = context.warnings.length
    const draft = draftOf(definition, body, context)
    if (context.warnings.length > said || isNamedInside(draft)) return { draft }
    const template = new Template(draft, this.#random.suffix(5))
    if (this.#known.size >= templatesKeptMax) this.#known.clear()
    this.#known.set(key.text, template)
    alike?.set(likeKeyOf(context), template)
    return { template, name: key.name }
  }

  /** The templates of bodies that are known to be alike. */
  #alikeOf(body: unknown, { dryRun }: RequestContext): Map<string, Template> | undefined {
    if (dryRun || !isReadBody(body) || body.like === undefined) return undefined
    let alike = this.#alike.get(body.like)
    if (alike === undefined) this.#alike.set(body.like, (alike = new Map()))
    return alike
  }
}

/** What of a request decides, besides its body, what that comes to. */
const likeKeyOf = ({ manager, fieldValidation }: RequestContext) => `${fieldValidation} ${manager}`

/** The body less its name, with all of the request that decides what it comes to; undefined for what is not made in numbers. */
function keyOf(
  definition: ResourceDefinition<any>,
  body: unknown,
  { manager, fieldValidation, dryRun }: RequestContext,
): { readonly text: string; readonly name: string | undefined } | undefined {
  if (definition.plural !== 'pods' || definition.group !== '' || dryRun) return undefined
  if (isReadBody(body) && body.findings.length > 0) return undefined
  const value: any = isReadBody(body) ? body.value : body
  if (typeof value !== 'object' || value === null || typeof value.metadata !== 'object' || value.metadata === null)
    return undefined
  const { name, ...metadata } = value.metadata
  if (metadata.managedFields !== undefined || !['string', 'undefined'].includes(typeof name)) return undefined
  const text = JSON.stringify([manager, fieldValidation, typeof name, { ...value, metadata }])
  return text.length > textLengthMax ? undefined : { text, name }
}

/** Whether checks of what is inside a pod look at its name: claims that are made for its volumes are called by it. */
const isNamedInside = ({ spec }: Draft): boolean =>
  Array.isArray(spec?.volumes) && spec.volumes.some((volume: Draft) => volume?.ephemeral !== undefined)
