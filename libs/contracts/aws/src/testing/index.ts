/**
 * The conformance suites of the AWS waist: every implementation of these services runs them against itself.
 *
 * @source https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Welcome.html
 */
export * from "./AwsConformance.ts"
export * from "./Backend.ts"
export * from "./Ec2InstanceConformance.ts"
export * from "./Ec2NetworkAclConformance.ts"
export * from "./Ec2NetworkConformance.ts"
export * from "./Ec2SecurityGroupConformance.ts"
export * from "./ElbConformance.ts"
export * from "./SecretsConformance.ts"
