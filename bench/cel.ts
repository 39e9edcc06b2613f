/** What a rule of a CRD costs: compiling it, and evaluating it over one object. */
import {
  adapterOf,
  type CelSchema,
  declTypeOf,
  kubernetesEnvironment,
  sizesOf,
  structsOf,
} from '../src/machinery/cel/index.ts'

const schema: CelSchema = {
  type: 'object',
  properties: {
    replicas: { type: 'integer' },
    maxReplicas: { type: 'integer' },
    names: { type: 'array', maxItems: 100, items: { type: 'string', maxLength: 63 } },
  },
}
const object = { replicas: 3, maxReplicas: 5, names: Array.from({ length: 10 }, (_, index) => `name-${index}`) }
const rules = {
  'CEL two fields compared': 'self.replicas <= self.maxReplicas',
  'CEL all() over ten strings': "self.names.all(name, name.startsWith('name-'))",
}

/** Measures in microseconds and hands each figure to `note`. */
export function benchCel(note: (name: string, value: number, unit: string) => void): void {
  const declared = declTypeOf(schema, 'selfType1')!
  const environment = kubernetesEnvironment.extend({
    variables: { self: declared.type },
    structs: structsOf([declared]),
  })
  const adapt = adapterOf(schema)
  for (const [name, rule] of Object.entries(rules)) {
    const compiled = environment.compile(rule)
    if (!compiled.ok) throw new Error(compiled.issues)
    const program = compiled.program()
    if ('problem' in program) throw new Error(program.problem)
    note(
      `${name}, evaluation`,
      microseconds(500_000, () => program.evaluate({ self: adapt(object) })),
      'us',
    )
  }
  const whole = microseconds(5_000, () => {
    const compiled = environment.compile('self.replicas <= self.maxReplicas')
    if (compiled.ok) {
      compiled.estimate(sizesOf(declared))
      compiled.program()
    }
  })
  note('CEL rule compiled and estimated', whole, 'us')
}

function microseconds(times: number, work: () => unknown): number {
  for (let warm = 0; warm < times / 5; warm++) work()
  const started = performance.now()
  for (let run = 0; run < times; run++) work()
  return ((performance.now() - started) / times) * 1000
}
