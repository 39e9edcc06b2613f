import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { deflateRawSync } from 'node:zlib'
import type { Input } from './input.ts'

const capital = (word: string): string => word.slice(0, 1).toUpperCase() + word.slice(1)

const modelName = (name: string): string => name.replaceAll(/[^A-Za-z0-9]/g, '_').replace(/^_+/, '')

/** The text of descriptions.ts: what the Kubernetes API says of its types and fields, as the client's models carry it. */
export function descriptionsModule({ types }: Input, models: string): string {
  const table: Record<string, Record<string, string>> = {}
  for (const type of Object.keys(types)) {
    const [packageName = '', version = '', short = ''] = type.split('.').slice(-3)
    const path = [`${capital(packageName)}${capital(version)}${short}`, `${capital(version)}${short}`]
      .map((name) => join(models, `${name}.d.ts`))
      .find((candidate) => existsSync(candidate))
    if (path === undefined) continue
    const texts = textsOf(readFileSync(path, 'utf8'))
    // The models put an underscore before reserved words and in place of dashes.
    const names = new Map(['', ...fieldNames(types, type)].map((name) => [modelName(name), name]))
    const kept = Object.entries(texts).flatMap(([member, text]) => {
      const name = names.get(modelName(member))
      return name === undefined || name === 'apiVersion' || name === 'kind' ? [] : [[name, text] as const]
    })
    if (kept.length > 0) table[type] = Object.fromEntries(kept)
  }
  const packed = deflateRawSync(JSON.stringify(table), { level: 9 }).toString('base64')
  return `// Written by scripts/generate-resources.ts; do not edit. The texts are those of the Kubernetes API (Apache-2.0).

/** What the API says of each type and field: JSON, deflated, as base64. */
export const packedDescriptions =
  '${packed}'
`
}

function fieldNames(types: Input['types'], type: string): readonly string[] {
  return (types[type]?.fields ?? []).flatMap((field) =>
    field.name === null ? [] : field.name === '' ? fieldNames(types, field.type) : [field.name],
  )
}

/** The comments of a model, by the member they stand above; the class's own has the empty name. */
function textsOf(source: string): Readonly<Record<string, string>> {
  const texts: Record<string, string> = {}
  const comment = /\/\*\*\s*\n((?:\s*\*(?!\/)[^\n]*\n)+)\s*\*\/\s*\n\s*(?:export declare class \w+|'([^']+)'\??:)/g
  for (const [, body = '', member = ''] of source.matchAll(comment)) {
    const lines = body.split('\n').map((line) => line.replace(/^\s*\* ?/, ''))
    texts[member] = lines
      .join('\n')
      .trim()
      .replaceAll(/\\(['"\\])/g, '$1')
  }
  return texts
}
