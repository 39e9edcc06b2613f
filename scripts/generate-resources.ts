/** Writes src/resources/generated from a directory of API facts: `node scripts/generate-resources.ts <input-dir>`. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rbacModule, wellKnownModule } from './generate/constants.ts'
import { defaultsModule } from './generate/defaults-table.ts'
import { descriptionsModule } from './generate/descriptions.ts'
import { readInput } from './generate/input.ts'
import { typeNames } from './generate/names.ts'
import { definitionModules, factsModule } from './generate/resource-facts.ts'
import { schemaModule } from './generate/schema-table.ts'
import { typesModule } from './generate/typescript.ts'

const directory = process.argv[2]
if (directory === undefined) throw new Error('usage: generate-resources.ts <input-dir>')
const input = readInput(directory)
const names = typeNames(input)
const resources = join(import.meta.dirname, '../src/resources')
mkdirSync(join(resources, 'generated'), { recursive: true })
const write = (name: string, text: string) => writeFileSync(join(resources, 'generated', name), text)
write('types.ts', typesModule(input, names))
write('resource-facts.ts', factsModule(input))
write('schema-table.ts', schemaModule(input))
write('defaults-table.ts', defaultsModule(input))
const models = join(import.meta.dirname, '../node_modules/@kubernetes/client-node/dist/gen/models')
write('descriptions.ts', descriptionsModule(input, models))
write('rbac-bootstrap.ts', rbacModule(input))
write('well-known.ts', wellKnownModule(input))
for (const [folder, text] of definitionModules(input, names)) {
  const path = join(resources, folder, 'definitions.ts')
  if (existsSync(path)) continue
  mkdirSync(join(resources, folder), { recursive: true })
  writeFileSync(path, text)
}
