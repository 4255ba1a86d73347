/**
 * The conformance suites of the AWS waist: every implementation of these services runs them against itself.
 *
 * @source https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Welcome.html
 */
export {}
