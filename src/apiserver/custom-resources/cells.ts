import { ageText, type JsonPath, type KubeObject, parseJsonPath } from '../../machinery/index.ts'
import type { Cell, ColumnDefinition, CustomResourceDefinition } from '../../resources/index.ts'

type Declared = NonNullable<CustomResourceDefinition['spec']['versions'][number]['additionalPrinterColumns']>[number]

/** The columns of a table of custom resources, and what stands in them. */
export interface Columns {
  readonly columns: readonly ColumnDefinition[]
  cells(object: KubeObject, nowMs: number): readonly Cell[]
}

const nameColumn: ColumnDefinition = {
  name: 'Name',
  type: 'string',
  format: 'name',
  priority: 0,
  description:
    'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names',
}
const ageColumn: Declared = {
  name: 'Age',
  type: 'date',
  jsonPath: '.metadata.creationTimestamp',
  description:
    'CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata',
}

/** The name, then the declared columns; the age where none are declared. */
export function columnsOf(declared: readonly Declared[] | undefined): Columns {
  const shown = declared === undefined || declared.length === 0 ? [ageColumn] : declared
  const paths = shown.map(({ jsonPath }) => pathOf(jsonPath))
  return {
    columns: [
      nameColumn,
      ...shown.map(({ name, type, format = '', priority = 0, description = '', jsonPath }) => ({
        name,
        type,
        format,
        priority,
        description:
          description === '' ? `Custom resource definition column (in JSONPath format): ${jsonPath}` : description,
      })),
    ],
    cells: (object, nowMs) => [
      object.metadata.name,
      ...paths.map((path, index) => cellOf(shown[index]!.type, path?.find(object)[0], nowMs)),
    ],
  }
}

/** Kubernetes: a column whose path cannot be read is empty; it is refused when it is declared. */
function pathOf(text: string): JsonPath | undefined {
  try {
    return parseJsonPath(text)
  } catch {
    return undefined
  }
}

function cellOf(type: string, value: unknown, nowMs: number): Cell {
  if (value === undefined || value === null) return null
  switch (type) {
    case 'string':
      return typeof value === 'string' ? value : JSON.stringify(value)
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null
    case 'number':
      return typeof value === 'number' ? value : null
    case 'boolean':
      return typeof value === 'boolean' ? value : null
    case 'date': {
      if (typeof value !== 'string') return null
      return Number.isNaN(Date.parse(value)) ? '<invalid>' : ageText(value, nowMs)
    }
  }
  return null
}
