import { cloneJson, DecodeError, type KubeObject, type Shape } from '../../machinery/index.ts'
import {
  applySchemaDefaults,
  dropNulls,
  type JsonSchema,
  prune,
  type ReadMetadata,
  settleEmbedded,
  shapeOfSchema,
} from '../../machinery/structural-schema/index.ts'
import {
  type CustomResourceDefinition,
  configMaps,
  type Declaration,
  decodeObject,
  type ObjectSchema,
} from '../../resources/index.ts'
import { isTrue } from './names.ts'

/** Has objects of a kind converted; rejects with a StatusError that says by whom and why not. */
export type Converter = (objects: readonly KubeObject[], apiVersion: string) => Promise<readonly KubeObject[]>

type Version = CustomResourceDefinition['spec']['versions'][number]

const objectMeta = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'

/** The schema of a version's objects; an empty one where nothing is declared. */
export function schemaOf(version: Version | undefined): JsonSchema {
  return (version?.schema?.openAPIV3Schema ?? {}) as JsonSchema
}

/** Metadata as Go's ObjectMeta reads and writes it. Throws DecodeError. */
export const readMetadata: ReadMetadata = (value) => {
  const { object, findings } = decodeObject(objectMeta, value)
  if (object.creationTimestamp === null) delete object.creationTimestamp
  return { metadata: object, unknown: findings.map((text) => /^unknown field "(.*)"$/.exec(text)?.[1] ?? text) }
}

/** How the objects of one version are read. Kubernetes: what json.Unmarshal does for built-in kinds, told by the schema. */
export function customSchema(schema: JsonSchema, preservesUnknown: boolean): ObjectSchema {
  const metadataShape = configMaps.schema.shape()
  const metadata = metadataShape.kind === 'struct' ? metadataShape.field('metadata') : undefined
  let shape: Shape | undefined
  return {
    decode(json) {
      const object = cloneJson(json) as Record<string, unknown>
      const { unknown, problem } = settleEmbedded(object, schema, readMetadata, { drop: false })
      if (problem !== undefined) throw new DecodeError(problem.detail)
      const pruned = preservesUnknown ? [] : prune(object, schema)
      dropNulls(object, schema)
      const names = [...new Set([...unknown, ...pruned])].sort()
      return { object, findings: names.map((name) => `unknown field ${JSON.stringify(name)}`) }
    },
    applyDefaults: (draft) => applySchemaDefaults(draft, schema),
    zero: () => ({}),
    shape: () => (shape ??= shapeOfSchema(schema, metadata!)),
  }
}

/** One state of a declaration: how its stored objects are seen now, and in other versions. */
export function declarationOf(crd: CustomResourceDefinition, convertElsewhere: Converter | undefined): Declaration {
  const { group, versions, preserveUnknownFields } = crd.spec
  const schemas = new Map(versions.map((one) => [`${group}/${one.name}`, schemaOf(one)]))
  const said = (object: KubeObject, apiVersion: string) => {
    const copy = { ...cloneJson(object), apiVersion }
    if (preserveUnknownFields !== true) prune(copy, schemas.get(apiVersion))
    dropNulls(copy, schemas.get(apiVersion))
    return copy
  }
  return {
    terminating: isTrue(crd, 'Terminating') || crd.metadata.deletionTimestamp !== undefined,
    convertsElsewhere: convertElsewhere !== undefined,
    current(object) {
      const schema = schemas.get(object.apiVersion)
      if (schema === undefined) return object
      const copy = cloneJson(object)
      settleEmbedded(copy, schema, readMetadata, { drop: true })
      if (preserveUnknownFields !== true) prune(copy, schema)
      dropNulls(copy, schema)
      applySchemaDefaults(copy, schema)
      return sameText(copy, object) ? object : copy
    },
    convert(objects, apiVersion) {
      const others = objects.filter((one) => one.apiVersion !== apiVersion)
      if (others.length === 0) return objects
      if (convertElsewhere === undefined) return objects.map((one) => said(one, apiVersion))
      return convertElsewhere(others, apiVersion).then((converted) => {
        const next = converted.map((one) => said(one, apiVersion)).values()
        return objects.map((one) => (one.apiVersion === apiVersion ? one : next.next().value!))
      })
    },
  }
}

const sameText = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)
