import { sameJson, suffixAlphabet } from '../../machinery/index.ts'
import type { PodTemplateSpec } from '../../resources/index.ts'

export const podTemplateHashLabel = 'pod-template-hash'

/**
 * A short name for a template, the same for the same template, in Kubernetes' name alphabet.
 *
 * Unlike Kubernetes: the hash is taken over canonical JSON, not over Go's memory, so its value differs.
 */
export function templateHash(template: PodTemplateSpec, collisionCount?: number): string {
  let hash = fnv1a(canonicalJson(template), 0x811c9dc5)
  if (collisionCount !== undefined) hash = fnv1a(`#${collisionCount}`, hash)
  return [...String(hash)].map((digit) => suffixAlphabet[digit.charCodeAt(0) % suffixAlphabet.length]).join('')
}

/** Whether two templates would make the same pods: the label that tells revisions apart does not count. */
export function sameTemplate(left: PodTemplateSpec, right: PodTemplateSpec): boolean {
  return sameJson(withoutHash(left), withoutHash(right))
}

function withoutHash(template: PodTemplateSpec): PodTemplateSpec {
  const { [podTemplateHashLabel]: _, ...labels } = template.metadata?.labels ?? {}
  return { ...template, metadata: { ...template.metadata, labels } }
}

function fnv1a(text: string, seed: number): number {
  let hash = seed
  for (let index = 0; index < text.length; index++) {
    hash ^= text.charCodeAt(index)
    hash = Math.imul(hash, 0x01000193) >>> 0
  }
  return hash
}

/** JSON with members in order of name, so that equal values give equal text. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([left], [right]) => (left < right ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join(',')}}`
}
