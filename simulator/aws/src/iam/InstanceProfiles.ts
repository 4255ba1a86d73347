/**
 * Instance profiles, as far as one may ask whether they exist.
 *
 * Left out: roles and policies; every profile's role may do what the simulated machines need.
 *
 * @fidelity documented https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetInstanceProfile.html — `NoSuchEntity` with HTTP 404.
 * @source https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetInstanceProfile.html
 */
import type { IamOperations } from "@capstan/aws"
import type { Handlers } from "../Handler.ts"
import { given, refuse } from "../Refusal.ts"

export const iamHandlers: Handlers<IamOperations> = {
  GetInstanceProfile: {
    accepts: { InstanceProfileName: true },
    perform: (account, input) => {
      const name = given(input.InstanceProfileName, "InstanceProfileName")
      const profile = account.tables.instanceProfiles.get(name)
      if (profile === undefined) throw refuse("NoSuchEntity", `Instance Profile ${name} cannot be found.`, 404)
      const created = new Date(0)
      return {
        InstanceProfile: {
          InstanceProfileName: profile.id,
          InstanceProfileId: "AIPASIMULATED",
          Arn: account.arn("iam", `instance-profile/${profile.id}`),
          Path: "/",
          CreateDate: created,
          Roles: [
            {
              RoleName: profile.roleName,
              RoleId: "AROASIMULATED",
              Arn: account.arn("iam", `role/${profile.roleName}`),
              Path: "/",
              CreateDate: created
            }
          ],
          Tags: []
        }
      }
    }
  }
}
