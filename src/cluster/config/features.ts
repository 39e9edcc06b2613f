import type { FeatureChoice } from '../../apiserver/index.ts'

/** What is remembered, what the file says above it, and what flags say above both. */
export async function chosenFeatures(
  known: FeatureChoice | undefined,
  { featureGates, runtimeConfig }: { readonly featureGates?: string; readonly runtimeConfig?: string },
  ofFile: FeatureChoice | undefined,
): Promise<{ readonly features?: FeatureChoice } | { readonly problem: string }> {
  const remembered: FeatureChoice = { ...known, ...ofFile }
  if (Object.keys(remembered).length === 0 && featureGates === undefined && runtimeConfig === undefined) return {}
  // Knows every kind there is, and so is loaded only where it is needed.
  const { chooseGates, chooseServed, gatesOfText, runtimeConfigOfText } = await import('../../resources/index.ts')
  const read = featureGates === undefined ? { chosen: remembered.gates ?? {} } : gatesOfText(featureGates)
  if ('problem' in read) return read
  const served = runtimeConfig === undefined ? (remembered.runtimeConfig ?? {}) : runtimeConfigOfText(runtimeConfig)
  const gates = chooseGates(read.chosen)
  if ('problem' in gates) return gates
  const problem = chooseServed(served, gates.gates)
  if ('problem' in problem) return problem
  return { features: { gates: read.chosen, runtimeConfig: served } }
}
