# The fifteen CIS patterns counted by minute, as a person would write them in jq.
# Input: log files one after the other. Output: {"<pattern>|<minute>": count}.
# The order is that of the pack.

def any_of($names): . as $n | $names | any(. == $n);

def hits:
  .eventName as $n | .eventSource as $s | (.errorCode // "") as $e
  | (if (($e | endswith("UnauthorizedOperation")) or ($e | startswith("AccessDenied")))
       and .sourceIPAddress != "delivery.logs.amazonaws.com" and $n != "HeadBucket" then 0 else empty end),
    (if $n == "ConsoleLogin" and .userIdentity.type == "IAMUser" and .responseElements.ConsoleLogin == "Success"
       and .additionalEventData.MFAUsed != null and .additionalEventData.MFAUsed != "Yes" then 1 else empty end),
    (if .userIdentity.type == "Root" and (.userIdentity | has("invokedBy") | not) and .eventType != "AwsServiceEvent" then 2 else empty end),
    (if $n | any_of(["DeleteGroupPolicy", "DeleteRolePolicy", "DeleteUserPolicy", "PutGroupPolicy", "PutRolePolicy", "PutUserPolicy", "CreatePolicy", "DeletePolicy",
       "CreatePolicyVersion", "DeletePolicyVersion", "AttachRolePolicy", "DetachRolePolicy", "AttachUserPolicy", "DetachUserPolicy", "AttachGroupPolicy", "DetachGroupPolicy"]) then 3 else empty end),
    (if $n | any_of(["CreateTrail", "UpdateTrail", "DeleteTrail", "StartLogging", "StopLogging"]) then 4 else empty end),
    (if $n == "ConsoleLogin" and .errorMessage == "Failed authentication" then 5 else empty end),
    (if $s == "kms.amazonaws.com" and ($n == "DisableKey" or $n == "ScheduleKeyDeletion") then 6 else empty end),
    (if $s == "s3.amazonaws.com" and ($n | any_of(["PutBucketAcl", "PutBucketPolicy", "PutBucketCors", "PutBucketLifecycle", "PutBucketReplication",
       "DeleteBucketPolicy", "DeleteBucketCors", "DeleteBucketLifecycle", "DeleteBucketReplication"])) then 7 else empty end),
    (if $s == "config.amazonaws.com" and ($n | any_of(["StopConfigurationRecorder", "DeleteDeliveryChannel", "PutDeliveryChannel", "PutConfigurationRecorder"])) then 8 else empty end),
    (if $n | any_of(["AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress", "RevokeSecurityGroupIngress", "RevokeSecurityGroupEgress",
       "CreateSecurityGroup", "DeleteSecurityGroup", "ModifySecurityGroupRules"]) then 9 else empty end),
    (if $n | any_of(["CreateNetworkAcl", "CreateNetworkAclEntry", "DeleteNetworkAcl", "DeleteNetworkAclEntry", "ReplaceNetworkAclEntry", "ReplaceNetworkAclAssociation"]) then 10 else empty end),
    (if $n | any_of(["CreateCustomerGateway", "DeleteCustomerGateway", "AttachInternetGateway", "CreateInternetGateway", "DeleteInternetGateway", "DetachInternetGateway"]) then 11 else empty end),
    (if $s == "ec2.amazonaws.com" and ($n | any_of(["CreateRoute", "CreateRouteTable", "ReplaceRoute", "ReplaceRouteTableAssociation", "DeleteRouteTable", "DeleteRoute", "DisassociateRouteTable"])) then 12 else empty end),
    (if $n | any_of(["CreateVpc", "DeleteVpc", "ModifyVpcAttribute", "AcceptVpcPeeringConnection", "CreateVpcPeeringConnection", "DeleteVpcPeeringConnection",
       "RejectVpcPeeringConnection", "AttachClassicLinkVpc", "DetachClassicLinkVpc", "DisableVpcClassicLink", "EnableVpcClassicLink"]) then 13 else empty end),
    (if $s == "organizations.amazonaws.com" and ($n | any_of(["AcceptHandshake", "AttachPolicy", "CreateAccount", "CreateOrganizationalUnit", "CreatePolicy", "DeclineHandshake",
       "DeleteOrganization", "DeleteOrganizationalUnit", "DeletePolicy", "DetachPolicy", "DisablePolicyType", "EnablePolicyType", "InviteAccountToOrganization",
       "LeaveOrganization", "MoveAccount", "RemoveAccountFromOrganization", "UpdatePolicy", "UpdateOrganizationalUnit"])) then 14 else empty end);

reduce (inputs.Records[] | .eventTime[:16] as $minute | hits | "\(.)|\($minute)") as $key ({}; .[$key] += 1)
