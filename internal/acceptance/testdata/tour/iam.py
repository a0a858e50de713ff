"""The tour of IAM: users, groups, roles, policies, what they allow, and how all of it is listed and deleted."""

import json

from tour import ACCOUNT, client, eventually, pages, refused, same

iam = client("iam")


def policy(*actions, effect="Allow", resource="*"):
    return {"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": list(actions), "Resource": resource}]}


reads, writes = json.dumps(policy("sns:Get*", "sns:List*")), json.dumps(policy("sns:Publish"))
trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "sts:AssumeRole"}]}

# Users and keys.
user = iam.create_user(UserName="alice", Path="/tour/", Tags=[{"Key": "team", "Value": "security"}])["User"]
same((user["Arn"], user["UserId"][:4], user["Tags"]), (f"arn:aws:iam::{ACCOUNT}:user/tour/alice", "AIDA", [{"Key": "team", "Value": "security"}]))
iam.get_waiter("user_exists").wait(UserName="alice", WaiterConfig={"Delay": 1, "MaxAttempts": 2})
with refused(iam.exceptions.EntityAlreadyExistsException, message="User with name alice already exists."):
    iam.create_user(UserName="alice")
with refused(iam.exceptions.NoSuchEntityException, message="The user with name bob cannot be found."):
    iam.get_user(UserName="bob")
for name in ("bob", "carol", "dave", "eve"):
    iam.create_user(UserName=name, Path="/tour/")
same([u["UserName"] for u in pages(iam, "list_users", "Users", PathPrefix="/tour/")], ["alice", "bob", "carol", "dave", "eve"])
iam.update_user(UserName="eve", NewUserName="mallory", NewPath="/tour/out/")
same(iam.get_user(UserName="mallory")["User"]["Path"], "/tour/out/")
iam.tag_user(UserName="alice", Tags=[{"Key": "on-call", "Value": "yes"}])
iam.untag_user(UserName="alice", TagKeys=["team"])
same(iam.list_user_tags(UserName="alice")["Tags"], [{"Key": "on-call", "Value": "yes"}])
keys = [iam.create_access_key(UserName="alice")["AccessKey"] for _ in range(2)]
with refused(iam.exceptions.LimitExceededException):
    iam.create_access_key(UserName="alice")
same({k["AccessKeyId"] for k in pages(iam, "list_access_keys", "AccessKeyMetadata", at_most=1, UserName="alice")}, {k["AccessKeyId"] for k in keys})
alice = client("iam", aws_access_key_id=keys[0]["AccessKeyId"], aws_secret_access_key=keys[0]["SecretAccessKey"])
with refused("AccessDenied", message=f"User: arn:aws:iam::{ACCOUNT}:user/tour/alice is not authorized to perform: iam:ListUsers"):
    alice.list_users()
eventually("the use of a key is known", lambda: iam.get_access_key_last_used(AccessKeyId=keys[0]["AccessKeyId"])["AccessKeyLastUsed"]["ServiceName"] == "iam")
iam.update_access_key(UserName="alice", AccessKeyId=keys[0]["AccessKeyId"], Status="Inactive")
with refused("InvalidClientTokenId"):
    alice.list_users()
iam.delete_access_key(UserName="alice", AccessKeyId=keys[1]["AccessKeyId"])

# Groups.
group = iam.create_group(GroupName="auditors", Path="/tour/")["Group"]
same(group["Arn"], f"arn:aws:iam::{ACCOUNT}:group/tour/auditors")
for name in ("alice", "bob", "carol"):
    iam.add_user_to_group(GroupName="auditors", UserName=name)
same([u["UserName"] for u in pages(iam, "get_group", "Users", GroupName="auditors")], ["alice", "bob", "carol"])
iam.remove_user_from_group(GroupName="auditors", UserName="carol")
iam.update_group(GroupName="auditors", NewGroupName="readers")
same([g["GroupName"] for g in iam.list_groups_for_user(UserName="alice")["Groups"]], ["readers"])
iam.create_group(GroupName="writers", Path="/tour/")
same([g["GroupName"] for g in pages(iam, "list_groups", "Groups", at_most=1, PathPrefix="/tour/")], ["readers", "writers"])

# Roles.
role = iam.create_role(RoleName="trail", AssumeRolePolicyDocument=json.dumps(trust), Description="first", Tags=[{"Key": "a", "Value": "b"}])["Role"]
same((role["AssumeRolePolicyDocument"], role["MaxSessionDuration"], role["RoleId"][:4]), (trust, 3600, "AROA"))
iam.get_waiter("role_exists").wait(RoleName="trail", WaiterConfig={"Delay": 1, "MaxAttempts": 2})
with refused(iam.exceptions.MalformedPolicyDocumentException):
    iam.create_role(RoleName="broken", AssumeRolePolicyDocument=reads)
for i in range(3):
    iam.create_role(RoleName=f"other-{i}", Path="/tour/", AssumeRolePolicyDocument=json.dumps(trust))
same([r["RoleName"] for r in pages(iam, "list_roles", "Roles", PathPrefix="/tour/")], ["other-0", "other-1", "other-2"])
iam.update_role(RoleName="trail", Description="second", MaxSessionDuration=7200)
same(iam.update_role_description(RoleName="trail", Description="third")["Role"]["Description"], "third")
trust["Statement"][0]["Principal"] = {"AWS": user["Arn"]}
iam.update_assume_role_policy(RoleName="trail", PolicyDocument=json.dumps(trust))
got = iam.get_role(RoleName="trail")["Role"]
same((got["AssumeRolePolicyDocument"], got["MaxSessionDuration"], got["Description"]), (trust, 7200, "third"))
iam.tag_role(RoleName="trail", Tags=[{"Key": "c", "Value": "d"}])
iam.untag_role(RoleName="trail", TagKeys=["a"])
same(iam.list_role_tags(RoleName="trail")["Tags"], [{"Key": "c", "Value": "d"}])

# Inline policies, of each kind of entity.
for kind, name in (("user", "alice"), ("group", "readers"), ("role", "trail")):
    of = {kind.capitalize() + "Name": name}
    call = lambda verb, what="policy", **more: getattr(iam, f"{verb}_{kind}_{what}")(**of, **more)
    call("put", PolicyName="reads", PolicyDocument=reads)
    call("put", PolicyName="writes", PolicyDocument=writes)
    same(pages(iam, f"list_{kind}_policies", "PolicyNames", at_most=1, **of), ["reads", "writes"])
    same(call("get", PolicyName="reads")["PolicyDocument"], policy("sns:Get*", "sns:List*"))
    with refused(iam.exceptions.MalformedPolicyDocumentException):
        call("put", PolicyName="broken", PolicyDocument='{"Version": "2012-10-17"')
    call("delete", PolicyName="writes")
    with refused(iam.exceptions.NoSuchEntityException, message="The " + kind + " policy with name writes cannot be found."):
        call("get", PolicyName="writes")

# Managed policies and their versions.
managed = iam.create_policy(PolicyName="publishes", Path="/tour/", PolicyDocument=writes, Description="of the tour", Tags=[{"Key": "a", "Value": "b"}])["Policy"]
arn = managed["Arn"]
same((arn, managed["DefaultVersionId"], managed["AttachmentCount"]), (f"arn:aws:iam::{ACCOUNT}:policy/tour/publishes", "v1", 0))
iam.get_waiter("policy_exists").wait(PolicyArn=arn, WaiterConfig={"Delay": 1, "MaxAttempts": 2})
same(iam.create_policy_version(PolicyArn=arn, PolicyDocument=reads)["PolicyVersion"]["IsDefaultVersion"], False)
iam.set_default_policy_version(PolicyArn=arn, VersionId="v2")
same(iam.get_policy_version(PolicyArn=arn, VersionId="v2")["PolicyVersion"]["Document"], policy("sns:Get*", "sns:List*"))
with refused(iam.exceptions.DeleteConflictException):
    iam.delete_policy_version(PolicyArn=arn, VersionId="v2")
same([v["VersionId"] for v in pages(iam, "list_policy_versions", "Versions", at_most=1, PolicyArn=arn)], ["v2", "v1"])
iam.delete_policy_version(PolicyArn=arn, VersionId="v1")
same(iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"], "v2")
same([p["PolicyName"] for p in pages(iam, "list_policies", "Policies", Scope="Local")], ["publishes"])
assert any(p["PolicyName"] == "ReadOnlyAccess" for p in pages(iam, "list_policies", "Policies", at_most=1000, Scope="AWS"))
iam.tag_policy(PolicyArn=arn, Tags=[{"Key": "c", "Value": "d"}])
iam.untag_policy(PolicyArn=arn, TagKeys=["a"])
same(iam.list_policy_tags(PolicyArn=arn)["Tags"], [{"Key": "c", "Value": "d"}])
for kind, name in (("user", "alice"), ("group", "readers"), ("role", "trail")):
    of = {kind.capitalize() + "Name": name}
    getattr(iam, f"attach_{kind}_policy")(PolicyArn=arn, **of)
    same([p["PolicyArn"] for p in pages(iam, f"list_attached_{kind}_policies", "AttachedPolicies", at_most=1, **of)], [arn])
    with refused(iam.exceptions.NoSuchEntityException):
        getattr(iam, f"attach_{kind}_policy")(PolicyArn=f"arn:aws:iam::{ACCOUNT}:policy/missing", **of)
entities = iam.list_entities_for_policy(PolicyArn=arn)
same([[e[k] for e in entities[w]] for w, k in (("PolicyUsers", "UserName"), ("PolicyGroups", "GroupName"), ("PolicyRoles", "RoleName"))], [["alice"], ["readers"], ["trail"]])
with refused(iam.exceptions.DeleteConflictException, message="Cannot delete a policy attached to entities."):
    iam.delete_policy(PolicyArn=arn)

# Boundaries.
iam.put_user_permissions_boundary(UserName="bob", PermissionsBoundary=arn)
same(iam.get_user(UserName="bob")["User"]["PermissionsBoundary"], {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn})
iam.put_role_permissions_boundary(RoleName="other-0", PermissionsBoundary=arn)
same(iam.get_role(RoleName="other-0")["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"], arn)

# What is allowed.
decided = {r["EvalActionName"]: r["EvalDecision"] for page in iam.get_paginator("simulate_principal_policy").paginate(
    PolicySourceArn=user["Arn"], ActionNames=["sns:ListTopics", "sns:Publish"], PaginationConfig={"PageSize": 1}) for r in page["EvaluationResults"]}
same(decided, {"sns:ListTopics": "allowed", "sns:Publish": "implicitDeny"})
decided = iam.simulate_custom_policy(PolicyInputList=[writes, json.dumps(policy("sns:*", effect="Deny"))], ActionNames=["sns:Publish"])
same(decided["EvaluationResults"][0]["EvalDecision"], "explicitDeny")

# The account.
iam.create_account_alias(AccountAlias="tour-of-tocsin")
same(iam.list_account_aliases()["AccountAliases"], ["tour-of-tocsin"])
iam.delete_account_alias(AccountAlias="tour-of-tocsin")
summary = iam.get_account_summary()["SummaryMap"]
same((summary["Users"] >= 5, summary["Groups"], summary["Policies"]), (True, 2, 1))
details = {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [], "Policies": []}
for page in iam.get_paginator("get_account_authorization_details").paginate(
        Filter=["User", "Group", "Role", "LocalManagedPolicy"], PaginationConfig={"PageSize": 3}):
    for member, found in details.items():
        found += page[member]
of_alice = [u for u in details["UserDetailList"] if u["UserName"] == "alice"][0]
same((of_alice["GroupList"], [p["PolicyName"] for p in of_alice["UserPolicyList"]]), (["readers"], ["reads"]))
same([p["PolicyName"] for p in details["Policies"]], ["publishes"])

# What there is none of.
for operation in ("list_mfa_devices", "list_signing_certificates", "list_ssh_public_keys", "list_service_specific_credentials"):
    answer = getattr(iam, operation)(UserName="alice")
    assert all(v == [] for v in answer.values() if isinstance(v, list)), answer
for operation in ("list_virtual_mfa_devices", "list_server_certificates", "list_instance_profiles", "list_open_id_connect_providers", "list_saml_providers"):
    answer = getattr(iam, operation)()
    assert all(v == [] for v in answer.values() if isinstance(v, list)), answer
same(iam.list_instance_profiles_for_role(RoleName="trail")["InstanceProfiles"], [])
with refused(iam.exceptions.NoSuchEntityException, operation="GetLoginProfile", message="Login Profile for User alice cannot be found."):
    iam.get_login_profile(UserName="alice")
with refused(iam.exceptions.NoSuchEntityException, operation="DeleteLoginProfile"):
    iam.delete_login_profile(UserName="alice")
with refused(iam.exceptions.NoSuchEntityException, operation="GetAccountPasswordPolicy"):
    iam.get_account_password_policy()

# Nothing is deleted while something hangs on it.
with refused(iam.exceptions.DeleteConflictException):
    iam.delete_user(UserName="alice")
with refused(iam.exceptions.DeleteConflictException):
    iam.delete_role(RoleName="trail")
with refused(iam.exceptions.DeleteConflictException):
    iam.delete_group(GroupName="readers")
for kind, name in (("user", "alice"), ("group", "readers"), ("role", "trail")):
    of = {kind.capitalize() + "Name": name}
    getattr(iam, f"detach_{kind}_policy")(PolicyArn=arn, **of)
    getattr(iam, f"delete_{kind}_policy")(PolicyName="reads", **of)
iam.delete_user_permissions_boundary(UserName="bob")
iam.delete_role_permissions_boundary(RoleName="other-0")
iam.delete_policy(PolicyArn=arn)
iam.delete_access_key(UserName="alice", AccessKeyId=keys[0]["AccessKeyId"])
for name in ("alice", "bob"):
    iam.remove_user_from_group(GroupName="readers", UserName=name)
for name in ("alice", "bob", "carol", "dave", "mallory"):
    iam.delete_user(UserName=name)
for name in ("readers", "writers"):
    iam.delete_group(GroupName=name)
for name in ("trail", "other-0", "other-1", "other-2"):
    iam.delete_role(RoleName=name)
same(iam.list_users(PathPrefix="/tour/")["Users"], [])
