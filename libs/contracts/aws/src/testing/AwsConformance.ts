/**
 * The whole conformance suite of the AWS waist, in one call.
 *
 * @source https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Welcome.html
 */
import { checkDifferences, type ConformanceBackend } from "./Backend.ts"
import { ec2InstanceConformance } from "./Ec2InstanceConformance.ts"
import { ec2NetworkConformance } from "./Ec2NetworkConformance.ts"
import { ec2SecurityGroupConformance } from "./Ec2SecurityGroupConformance.ts"
import { elbConformance } from "./ElbConformance.ts"
import { secretsConformance } from "./SecretsConformance.ts"

/** Declares every check for a backend; call it at the top of a test file. */
export const awsConformance = (backend: ConformanceBackend): void => {
  ec2NetworkConformance(backend)
  ec2SecurityGroupConformance(backend)
  ec2InstanceConformance(backend)
  elbConformance(backend)
  secretsConformance(backend)
  checkDifferences(backend)
}
