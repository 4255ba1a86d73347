/** The certificate authority with real keys. */
export { layer } from "./CertificateAuthorityLive.ts"
