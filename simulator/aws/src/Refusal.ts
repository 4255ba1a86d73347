/**
 * How an operation of the simulated account says no: AWS's code, AWS's sentence, AWS's HTTP status.
 *
 * Operations are plain functions that refuse by throwing a `Refusal` before they have changed anything; the one door
 * through which every call passes (`SimulatedAws`) turns it into an `AwsError`. Anything else that is thrown is a defect.
 *
 * @fidelity documented https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html — Codes and HTTP statuses of refusals.
 * @source https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
 */

export class Refusal {
  readonly code: string
  readonly message: string
  readonly statusCode: number

  constructor(code: string, message: string, statusCode: number) {
    this.code = code
    this.message = message
    this.statusCode = statusCode
  }
}

/** A refusal to be thrown. Almost all of AWS's are HTTP 400. */
export const refuse = (code: string, message: string, statusCode = 400): Refusal =>
  new Refusal(code, message, statusCode)

/** The value of a required parameter; absent and empty are refused alike, as EC2 does. */
export const given = <T>(value: T | null | undefined, parameter: string): T => {
  if (value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0)) {
    throw refuse("MissingParameter", `The request must contain the parameter ${parameter}`)
  }
  return value
}
