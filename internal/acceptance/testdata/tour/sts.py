"""The tour of STS: who calls, roles assumed, sessions and what they may do."""

import json

from tour import ACCOUNT, client, refused, same

sts, iam = client("sts"), client("iam")

me = sts.get_caller_identity()
same((me["Account"], me["Arn"]), (ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root"))

root = me["Arn"]
trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/sts/visitor"}, "Action": "sts:AssumeRole",
                                                 "Condition": {"StringEquals": {"sts:ExternalId": "the-agreed-word"}}}]}
iam.create_user(UserName="visitor", Path="/sts/")
key = iam.create_access_key(UserName="visitor")["AccessKey"]
same(sts.get_access_key_info(AccessKeyId=key["AccessKeyId"])["Account"], ACCOUNT)
visitor = client("sts", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
role = iam.create_role(RoleName="sts-visited", AssumeRolePolicyDocument=json.dumps(trust), MaxSessionDuration=7200)["Role"]
iam.put_role_policy(RoleName="sts-visited", PolicyName="reads", PolicyDocument=json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["iam:ListUsers", "iam:ListRoles"], "Resource": "*"}]}))

assume = {"RoleArn": role["Arn"], "RoleSessionName": "tour"}
with refused("AccessDenied", message="is not authorized to perform: sts:AssumeRole on resource: " + role["Arn"]):
    visitor.assume_role(**assume)
only_users = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:ListUsers", "Resource": "*"}]})
given = visitor.assume_role(ExternalId="the-agreed-word", DurationSeconds=900, Policy=only_users, **assume)
same(given["AssumedRoleUser"]["Arn"], f"arn:aws:sts::{ACCOUNT}:assumed-role/sts-visited/tour")
assert given["AssumedRoleUser"]["AssumedRoleId"] == role["RoleId"] + ":tour"
assert given["PackedPolicySize"] > 0
token = given["Credentials"]
assert token["AccessKeyId"].startswith("ASIA")


def by(credentials, service):
    return client(service, aws_access_key_id=credentials["AccessKeyId"], aws_secret_access_key=credentials["SecretAccessKey"],
                  aws_session_token=credentials["SessionToken"])


same(by(token, "sts").get_caller_identity()["Arn"], given["AssumedRoleUser"]["Arn"])
assert any(u["UserName"] == "visitor" for u in by(token, "iam").list_users()["Users"])
with refused("AccessDenied", message="because no session policy allows the iam:ListRoles action"):
    by(token, "iam").list_roles()
with refused("InvalidClientTokenId"):
    by(dict(token, SessionToken="not the one that was given"), "sts").get_caller_identity()
with refused(sts.exceptions.MalformedPolicyDocumentException):
    visitor.assume_role(ExternalId="the-agreed-word", Policy="{}", **assume)
with refused("ValidationError"):
    visitor.assume_role(ExternalId="the-agreed-word", DurationSeconds=7201, **assume)
with refused("InvalidClientTokenId", message="The security token included in the request is invalid"):
    client("sts", aws_access_key_id="AKIANOBODYKNOWSTHIS1", aws_secret_access_key="x").get_caller_identity()
with refused("SignatureDoesNotMatch"):
    client("sts", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key="x").get_caller_identity()

session = visitor.get_session_token(DurationSeconds=900)["Credentials"]
same(by(session, "sts").get_caller_identity()["Arn"], f"arn:aws:iam::{ACCOUNT}:user/sts/visitor")

with refused(sts.exceptions.InvalidAuthorizationMessageException, operation="DecodeAuthorizationMessage"):
    sts.decode_authorization_message(EncodedMessage="nothing that was ever encoded")

iam.delete_role_policy(RoleName="sts-visited", PolicyName="reads")
iam.delete_role(RoleName="sts-visited")
iam.delete_access_key(UserName="visitor", AccessKeyId=key["AccessKeyId"])
iam.delete_user(UserName="visitor")
with refused("InvalidClientTokenId"):
    visitor.get_caller_identity()
