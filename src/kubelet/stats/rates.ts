/** A cumulative processor time, and when it was read. */
interface Sample {
  readonly cpuNanoseconds: number
  readonly atMs: number
  readonly nanoCores: number
}
/** Rates over less than this would be noise. */
const rateMsMin = 1000

/** Turns cumulative processor time into a rate, by what the same name had last time. */
export class CpuRates {
  readonly #samples = new Map<string, Sample>()

  rate(key: string, cpuNanoseconds: number, atMs: number): number {
    const before = this.#samples.get(key)
    if (before !== undefined && atMs - before.atMs < rateMsMin) return before.nanoCores
    const grown = before === undefined ? 0 : Math.max(0, cpuNanoseconds - before.cpuNanoseconds)
    const nanoCores = before === undefined ? 0 : Math.round((grown * 1000) / (atMs - before.atMs))
    this.#samples.set(key, { cpuNanoseconds, atMs, nanoCores })
    return nanoCores
  }
}
