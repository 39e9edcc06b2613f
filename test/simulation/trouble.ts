/** What both simulations do to a cluster, at times that the seed decides. */
import type { Component, Machine, World } from './world.ts'

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

/** Of a crash: how many client calls, answers, timers and news the victim lives on at most. */
const momentsMax = 60

/** Controllers and scheduler crash, up to so many times each, in the middle of anything, and come back some seconds later. */
export function planCrashes(world: World, { at, within }: Schedule, troubleMs: number, most: number): void {
  for (const component of ['controllers', 'scheduler'] satisfies Component[]) {
    const crashes = 1 + Math.floor(world.random.next() * most)
    for (let crash = 0; crash < crashes; crash++) {
      const ms = within((crash * troubleMs) / crashes, ((crash + 0.7) * troubleMs) / crashes)
      const moments = Math.floor(world.random.next() * momentsMax)
      at(ms, `${component} crash, ${moments} moments later`, () => world.crash(component, moments))
      at(ms + within(500, 15_000), `${component} start`, () => world.start(component))
    }
  }
}

const machines: readonly Machine[] = ['controllers', 'scheduler', 'kubelet', 'apiserver']
const skewMsMax = 10 * 60_000

/** Wall clocks jump, forwards and back, and are right again when the trouble is over. */
export function planJumps(world: World, { at, within }: Schedule, troubleMs: number): void {
  const { random } = world
  const jumps = Math.floor(random.next() * 4)
  for (let jump = 0; jump < jumps; jump++) {
    const machine = machines[Math.floor(random.next() * machines.length)]!
    // As often some seconds as some minutes.
    const aheadMs = Math.floor(skewMsMax * random.next() ** 4) * (random.next() < 0.5 ? -1 : 1)
    const ms = within(1000, troubleMs * 0.9)
    at(ms, `clock of ${machine} is ${aheadMs} ms ahead`, () => world.skew(machine, aheadMs))
    at(within(ms, troubleMs), `clock of ${machine} is right`, () => world.skew(machine, 0))
  }
}

/** One node at times says nothing that is heard; it runs on. */
export function planSilence(
  world: World,
  { at, within }: Schedule,
  troubleMs: number,
  awayMsMax: number,
  nodes: readonly string[],
): void {
  if (world.random.next() < 0.5) return
  const node = nodes[Math.floor(world.random.next() * nodes.length)]!
  const ms = within(1000, troubleMs * 0.6)
  at(ms, `${node} is not heard`, () => world.cutOff(node, true))
  at(ms + within(5000, awayMsMax), `${node} is heard again`, () => world.cutOff(node, false))
}
