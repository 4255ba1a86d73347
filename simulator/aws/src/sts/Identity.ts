/**
 * Who is calling: the account's one principal, and the roles that it may assume.
 *
 * Credentials that are handed out look like credentials and open nothing. Left out: sessions that end, source identity.
 *
 * @fidelity documented https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html — `AccessDenied` with HTTP 403, an hour unless asked otherwise.
 * @fidelity assumed — Every role seeded into the account may be assumed by its principal, and every other one may not.
 * @source https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */
import type { StsOperations } from "@capstan/aws"
import type { Account } from "../Account.ts"
import type { Handlers } from "../Handler.ts"
import { given, refuse } from "../Refusal.ts"

const principal = (account: Account): string => account.arn("iam", "user/capstan")

export const stsHandlers: Handlers<StsOperations> = {
  GetCallerIdentity: {
    accepts: {},
    perform: (account) => ({ Account: account.settings.accountId, Arn: principal(account), UserId: "AIDASIMULATED" })
  },
  AssumeRole: {
    accepts: {
      RoleArn: true,
      RoleSessionName: true,
      DurationSeconds: true,
      ExternalId: true,
      Policy: true,
      PolicyArns: [{ arn: true }]
    },
    perform: (account, input) => {
      const role = given(input.RoleArn, "RoleArn")
      const session = given(input.RoleSessionName, "RoleSessionName")
      if (account.tables.roles.get(role) === undefined) {
        throw refuse(
          "AccessDenied",
          `User: ${principal(account)} is not authorized to perform: sts:AssumeRole on resource: ${role}`,
          403
        )
      }
      const number = String(account.nextNumber()).padStart(8, "0")
      return {
        AssumedRoleUser: {
          Arn: `${role.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/")}/${session}`,
          AssumedRoleId: `AROASIMULATED:${session}`
        },
        Credentials: {
          AccessKeyId: `ASIASIMULATED${number}`,
          SecretAccessKey: `simulated-secret-${number}`,
          SessionToken: `simulated-session-${number}`,
          Expiration: new Date(account.now() + (input.DurationSeconds ?? 3600) * 1000)
        }
      }
    }
  }
}
