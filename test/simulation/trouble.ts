/** What both simulations do to a cluster, at times that the seed decides. */
import type { Component, World } from './world.ts'

export interface Schedule {
  /** What was planned, in words. */
  readonly steps: readonly string[]
  at(ms: number, what: string, act: () => unknown): void
  /** A time between two others. */
  within(fromMs: number, toMs: number): number
}

/** Plans on the clock of a world, by its chance. */
export function scheduleOf({ random, clock }: World): Schedule {
  const steps: string[] = []
  return {
    steps,
    at(ms, what, act) {
      steps.push(`${(ms / 1000).toFixed(1)}s ${what}`)
      clock.after(ms, () => void act())
    },
    within: (fromMs, toMs) => fromMs + Math.floor(random.next() * (toMs - fromMs)),
  }
}

/** Controllers and scheduler crash, up to so many times each, and come back some seconds later. */
export function planCrashes(world: World, { at, within }: Schedule, troubleMs: number, most: number): void {
  for (const component of ['controllers', 'scheduler'] satisfies Component[]) {
    const crashes = 1 + Math.floor(world.random.next() * most)
    for (let crash = 0; crash < crashes; crash++) {
      const ms = within((crash * troubleMs) / crashes, ((crash + 0.7) * troubleMs) / crashes)
      at(ms, `${component} crash`, () => world.crash(component))
      at(ms + within(500, 15_000), `${component} start`, () => world.start(component))
    }
  }
}
