import { certificateAuthorityConformance } from "@capstan/provider/testing"
import { type CertificateFields, decodeCertificate } from "../../src/certificates/SimulatedCertificate.ts"
import { seeds, simulatedBackend } from "./SimulatedBackend.ts"

const fieldsOf = (certificate: string): CertificateFields => {
  const fields = decodeCertificate(certificate)
  if (fields === undefined) throw new Error("this is no certificate")
  return fields
}

for (const seed of seeds) {
  certificateAuthorityConformance(
    simulatedBackend({
      seed,
      layer: (layers) => layers.certificateAuthority,
      // Whatever it has not made itself it takes for somebody else's certificate, known by the hash of its text.
      lacks: ["a damaged certificate has no hash"],
      given: () => ({
        inspect: (certificate: string) => fieldsOf(certificate).subject,
        isSignedBy: (certificate: string, authority: string) =>
          fieldsOf(certificate).issuer === fieldsOf(authority).publicKey
      })
    })
  )
}
