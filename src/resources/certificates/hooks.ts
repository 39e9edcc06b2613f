import type { HooksFor } from '../define.ts'
import type { CertificateSigningRequest } from '../generated/types.ts'
import { certificateSigningRequestCells } from '../other-cells.ts'
import { certificateSigningRequestErrors } from '../other-checks.ts'

export const certificateSigningRequestHooks: HooksFor<CertificateSigningRequest> = {
  cells: certificateSigningRequestCells,
  checks: { create: certificateSigningRequestErrors },
}
