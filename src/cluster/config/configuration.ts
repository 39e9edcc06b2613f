import { readFile } from 'node:fs/promises'
import { parseYamlDocuments } from '../../machinery/index.ts'
import { type ComponentChoices, componentKinds, readComponent } from './components.ts'
import { ConfigError, fieldsOf, integer, listOf, mapOf, quantity, type Reader, text } from './read-fields.ts'
import type { NodeTemplate } from './settings.ts'

/** What a configuration file says: our own kind describes simulated nodes, Kubernetes' kinds its components. */
export interface Configuration {
  readonly nodeTemplates: readonly NodeTemplate[]
  readonly components: ComponentChoices
  /** What people should know of it: fields without effect. */
  readonly notes: readonly string[]
}

const ownKind = 'coxswain.dev/v1alpha1/ClusterConfiguration'
const int32Max = 2 ** 31 - 1
const nodeTemplate = fieldsOf({
  count: integer(1, int32Max),
  cpu: quantity,
  memory: quantity,
  pods: integer(0, int32Max),
  labels: mapOf(text),
  taints: listOf(fieldsOf({ key: text, value: text, effect: text })),
  zone: text,
}) as Reader<NodeTemplate>
const ownFields = fieldsOf({ nodes: listOf(nodeTemplate) })

/** Reads a file of one or more documents; a problem is one sentence that names the file and the field. */
export async function readConfiguration(file: string): Promise<Configuration | { readonly problem: string }> {
  let content: string
  try {
    content = await readFile(file, 'utf8')
  } catch (error) {
    return { problem: `the configuration ${file} cannot be read: ${textOf(error)}` }
  }
  let documents: readonly unknown[]
  try {
    documents = parseYamlDocuments(content).map(({ value }) => value)
  } catch (error) {
    return { problem: `the configuration ${file} is not YAML: ${textOf(error)}` }
  }
  return configurationOf(documents, file)
}

/** The same, of documents that have been read. */
export function configurationOf(
  documents: readonly unknown[],
  file: string,
): Configuration | { readonly problem: string } {
  const nodeTemplates: NodeTemplate[] = []
  let components: ComponentChoices = {}
  const notes: string[] = []
  for (const document of documents) {
    if (document === null || document === undefined) continue
    const { apiVersion, kind, ...fields } = document as { apiVersion?: string; kind?: string }
    const name = `${apiVersion ?? '?'}/${kind ?? '?'}`
    try {
      if (name === ownKind) nodeTemplates.push(...(ownFields(fields, '').nodes ?? []))
      else if (componentKinds.includes(name)) {
        const idle: string[] = []
        const chosen = readComponent({ ...fields, apiVersion, kind }, (path) => idle.push(path))
        const [part = ''] = Object.keys(chosen)
        if (part in components) return { problem: `the configuration ${file} has ${kind} twice` }
        components = { ...components, ...chosen }
        if (idle.length > 0) notes.push(`of ${kind}, these fields have no effect here: ${idle.join(', ')}`)
      } else {
        return {
          problem: `the configuration ${file} has a ${apiVersion ?? '?'} ${kind ?? '?'}, which is not known; known are ${[...componentKinds, ownKind].join(', ')}`,
        }
      }
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      return { problem: `the configuration ${file} is not right: ${kind}: ${error.message}` }
    }
  }
  return { nodeTemplates, components, notes }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
