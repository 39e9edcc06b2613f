import { type Clock, cloneJson, type Random } from '../machinery/index.ts'
import { type Calls, type CloudAction, type CloudApi, isReading } from './calls.ts'
import { CloudError } from './errors.ts'
import { diskOperations } from './operations/disks.ts'
import { instanceOperations } from './operations/instances.ts'
import { balancerOperations } from './operations/load-balancers.ts'
import type { Operation, Operations } from './operations/operation.ts'
import { roleOperations } from './operations/roles.ts'
import { routeOperations } from './operations/routes.ts'
import { authorise } from './rules.ts'
import type { CloudState } from './state.ts'

/** Who calls: the cloud's owner, who may do anything, or an instance, whose role says what it may. */
export type Caller = 'owner' | { readonly instance: string }

export interface CloudParts {
  readonly state: CloudState
  readonly clock: Clock
  readonly random: Random
  /** Keeps a state before it is shown to anybody; nowhere when left out. */
  readonly save?: (state: CloudState) => Promise<void>
}

const operations: Operations = {
  ...instanceOperations,
  ...routeOperations,
  ...balancerOperations,
  ...diskOperations,
  ...roleOperations,
}

/** A cloud: one change after the other, each kept before it is seen. */
export class Cloud {
  readonly #parts: CloudParts
  #state: CloudState
  #writing: Promise<unknown> = Promise.resolve()
  readonly #waiting = new Set<() => void>()

  constructor(parts: CloudParts) {
    this.#parts = parts
    this.#state = parts.state
  }

  get name(): string {
    return this.#state.name
  }
  get region(): string {
    return this.#state.region
  }

  /** The cloud as this caller sees it. */
  as(caller: Caller): CloudApi {
    return {
      call: (action, input) => this.#call(caller, action, input),
      changed: (after, signal) => this.#changed(after, signal),
    }
  }

  /** The instance that shows this token; undefined when none does. */
  callerOf(token: string): Caller | undefined {
    const found = Object.entries(this.#state.tokens).find(([, known]) => known === token)
    return found === undefined ? undefined : { instance: found[0] }
  }

  async #call<A extends CloudAction>(caller: Caller, action: A, input: Calls[A][0]): Promise<Calls[A][1]> {
    const operation = operations[action] as Operation<A>
    if (isReading(action)) {
      this.#check(caller, action, operation, input)
      return cloneJson(operation.run(this.#state, input, this.#parts))
    }
    const writing = this.#writing.then(async () => {
      this.#check(caller, action, operation, input)
      const next = structuredClone(this.#state)
      const answer = cloneJson(operation.run(next, input, this.#parts))
      next.revision++
      await this.#parts.save?.(next)
      this.#state = next
      for (const tell of [...this.#waiting]) tell()
      return answer
    })
    this.#writing = writing.catch(() => {})
    return writing
  }

  #check<A extends CloudAction>(caller: Caller, action: A, operation: Operation<A>, input: Calls[A][0]): void {
    if (caller === 'owner') return
    const instance = this.#state.instances[caller.instance]
    if (instance === undefined)
      throw new CloudError(403, 'InvalidInstance', `instance ${caller.instance} is gone, and may do nothing`)
    if (instance.state !== 'running')
      throw new CloudError(403, 'InvalidInstance', `instance ${instance.id} is stopped, and can do nothing`)
    authorise(this.#state.roles[instance.role], instance.role, action, operation.resource(input, this.#state))
  }

  #changed(after: number, signal: AbortSignal): Promise<number> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (this.#state.revision <= after && !signal.aborted) return
        this.#waiting.delete(look)
        signal.removeEventListener('abort', look)
        if (signal.aborted) reject(signal.reason)
        else resolve(this.#state.revision)
      }
      this.#waiting.add(look)
      signal.addEventListener('abort', look)
      look()
    })
  }
}
