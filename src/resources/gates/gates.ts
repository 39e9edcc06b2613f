import { gateDependencies, gateTable, type Stage } from './table.ts'

interface Gate {
  readonly stage: Stage
  readonly default: boolean
  readonly locked: boolean
}

const known: ReadonlyMap<string, Gate> = new Map(
  gateTable.flatMap(({ names, ...gate }) =>
    names
      .trim()
      .split(/\s+/)
      .map((name) => [name, gate] as const),
  ),
)
/** The gates that stand for every gate of a stage. */
const wholeStages: Readonly<Record<string, Stage>> = { AllAlpha: 'ALPHA', AllBeta: 'BETA' }

/** Which features are on. */
export interface FeatureGates {
  enabled(gate: string): boolean
  isKnown(gate: string): boolean
  /** Every gate with its stage, by name. */
  readonly all: readonly { readonly name: string; readonly stage: Stage; readonly enabled: boolean }[]
}

/** Features as somebody chose them above their defaults, or what of the choice cannot be, in Kubernetes' words. */
export function chooseGates(
  chosen: Readonly<Record<string, boolean>>,
): { readonly gates: FeatureGates } | { readonly problem: string } {
  const names = Object.keys(chosen).sort()
  const unknown = names.find((name) => !known.has(name))
  if (unknown !== undefined) return { problem: `unrecognized feature gate: ${unknown}` }
  const problems = names.flatMap((name) => {
    const gate = known.get(name)!
    return gate.locked && gate.default !== chosen[name]
      ? [`cannot set feature gate ${name} to ${chosen[name]}, feature is locked to ${gate.default}`]
      : []
  })
  if (problems.length > 0) return { problem: aggregated(problems) }
  const stateOf = (name: string, { stage, default: usual }: Gate): boolean => {
    if (chosen[name] !== undefined) return chosen[name]
    const whole = Object.keys(wholeStages).find((one) => wholeStages[one] === stage && one !== name)
    return (whole === undefined ? undefined : chosen[whole]) ?? usual
  }
  const states = new Map([...known].map(([name, gate]) => [name, stateOf(name, gate)]))
  for (const [name, needed] of Object.entries(gateDependencies)) {
    const off = states.get(name) === true ? needed.filter((one) => states.get(one) !== true) : []
    if (off.length > 0)
      problems.push(`${name} is enabled, but depends on features that are disabled: [${off.join(' ')}]`)
  }
  if (problems.length > 0) return { problem: aggregated(problems) }
  const all = [...known]
    .map(([name, { stage }]) => ({ name, stage, enabled: states.get(name)! }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  return { gates: { enabled: (gate) => states.get(gate) ?? false, isKnown: (gate) => states.has(gate), all } }
}

/** The features v1.36 has on by itself. */
export const defaultGates: FeatureGates = (chooseGates({}) as { readonly gates: FeatureGates }).gates

/** Kubernetes: `X=true,Y=false` as flags say it, or what is wrong with the text. */
export function gatesOfText(text: string): { readonly chosen: Record<string, boolean> } | { readonly problem: string } {
  const chosen: Record<string, boolean> = {}
  for (const part of text.split(',').map((one) => one.trim())) {
    if (part === '') continue
    // Kubernetes: a component may be named before the gate; kube is the one there is.
    const pair = part.startsWith('kube:') ? part.slice('kube:'.length) : part
    const equals = pair.indexOf('=')
    const name = (equals < 0 ? pair : pair.slice(0, equals)).trim()
    if (equals < 0) return { problem: `missing bool value for ${name}` }
    const value = pair.slice(equals + 1).trim()
    const truth = parsedBool(value)
    if (truth === undefined)
      return {
        problem: `invalid value of ${name}=${value}, err: strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`,
      }
    chosen[name] = truth
  }
  return { chosen }
}

/** What Go's ParseBool makes of a text; undefined for nothing. */
export function parsedBool(text: string): boolean | undefined {
  if (['1', 't', 'T', 'TRUE', 'true', 'True'].includes(text)) return true
  return ['0', 'f', 'F', 'FALSE', 'false', 'False'].includes(text) ? false : undefined
}

function aggregated(problems: readonly string[]): string {
  return problems.length === 1 ? problems[0]! : `[${problems.join(', ')}]`
}
