import { createDefaulter, type DefaultContext } from '../../machinery/index.ts'
import { defaultsTable } from '../generated/defaults-table.ts'
import { builtInSchema } from '../schema.ts'
import { coreDefaults } from './core.ts'
import { groupDefaults } from './groups.ts'
import { podDefaults } from './pods.ts'

const applyTo = createDefaulter(builtInSchema, {
  simple: defaultsTable,
  steps: { ...podDefaults, ...coreDefaults, ...groupDefaults },
})

/** Fills in what Kubernetes fills in when a draft of this type leaves it unset; doing it twice changes nothing more. */
export function applyDefaults(type: string, draft: any, context: DefaultContext = {}): void {
  applyTo(type, draft, context)
}
