import { dns1123SubdomainErrors, type FieldError, invalid, required, tooLong } from '../../machinery/index.ts'

const driverNameMax = 63

/** What is wrong with the name of a CSI driver, which may be of either case. */
export function csiDriverNameErrors(name: string | undefined, field: string): readonly FieldError[] {
  const driver = name ?? ''
  const errors: FieldError[] = []
  if (driver === '') return [required(field)]
  if (driver.length > driverNameMax) errors.push(tooLong(field, driverNameMax))
  return [...errors, ...dns1123SubdomainErrors(driver.toLowerCase()).map((text) => invalid(field, driver, text))]
}
