/**
 * The AWS waist: services whose methods are AWS's operations in AWS's shapes, and their one error.
 *
 * @source https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Welcome.html
 */
export * from "./AwsError.ts"
export * from "./Ec2.ts"
export * from "./Elb.ts"
export * from "./Iam.ts"
export * from "./Operation.ts"
export * from "./SecretsManager.ts"
export type * from "./Shapes.ts"
export * from "./Sts.ts"
