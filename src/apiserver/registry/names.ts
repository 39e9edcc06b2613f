import type { Random } from '../../machinery/index.ts'

/** Kubernetes: generateName keeps 58 characters of the prefix, and tries this often to find a free name. */
const generatedPrefixMax = 58
export const generateAttemptsMax = 8

/** A name made of what it is to begin with, different from most others. */
export function generatedName(prefix: string, random: Random): string {
  return `${prefix.slice(0, generatedPrefixMax)}${random.suffix(5)}`
}
