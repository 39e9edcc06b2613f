import { badRequest } from '../machinery/index.ts'

/** Whether a query parameter says yes. Kubernetes: whatever does not say no does, and so one that is only named. */
export function isTrue(text: string | undefined): boolean {
  return text !== undefined && !['false', '0'].includes(text.toLowerCase())
}

/** The whole number that a query parameter gives; undefined for none. Kubernetes: 400, worded as Go words it, for no such number. */
export function wholeOf(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined
  if (!/^[+-]?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
  return Number(text)
}
