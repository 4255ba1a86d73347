/** The certificate authority with real keys, and certificates for servers of ours. */
export { createServingPair, layer, readServingCertificate } from "./CertificateAuthorityLive.ts"
