// The fifteen CIS patterns counted by minute in DuckDB: node duckdb.mjs FOLDER.
// The columns are typed, so that DuckDB builds only what the patterns look at.
import { DuckDBInstance } from "@duckdb/node-api";

const patterns = [
  `(errorCode LIKE '%UnauthorizedOperation' OR errorCode LIKE 'AccessDenied%') AND sourceIPAddress <> 'delivery.logs.amazonaws.com' AND eventName <> 'HeadBucket'`,
  `eventName = 'ConsoleLogin' AND additionalEventData.MFAUsed <> 'Yes' AND userIdentity.type = 'IAMUser' AND responseElements.ConsoleLogin = 'Success'`,
  `userIdentity.type = 'Root' AND userIdentity.invokedBy IS NULL AND eventType <> 'AwsServiceEvent'`,
  `eventName IN ('DeleteGroupPolicy','DeleteRolePolicy','DeleteUserPolicy','PutGroupPolicy','PutRolePolicy','PutUserPolicy','CreatePolicy','DeletePolicy','CreatePolicyVersion','DeletePolicyVersion','AttachRolePolicy','DetachRolePolicy','AttachUserPolicy','DetachUserPolicy','AttachGroupPolicy','DetachGroupPolicy')`,
  `eventName IN ('CreateTrail','UpdateTrail','DeleteTrail','StartLogging','StopLogging')`,
  `eventName = 'ConsoleLogin' AND errorMessage = 'Failed authentication'`,
  `eventSource = 'kms.amazonaws.com' AND eventName IN ('DisableKey','ScheduleKeyDeletion')`,
  `eventSource = 's3.amazonaws.com' AND eventName IN ('PutBucketAcl','PutBucketPolicy','PutBucketCors','PutBucketLifecycle','PutBucketReplication','DeleteBucketPolicy','DeleteBucketCors','DeleteBucketLifecycle','DeleteBucketReplication')`,
  `eventSource = 'config.amazonaws.com' AND eventName IN ('StopConfigurationRecorder','DeleteDeliveryChannel','PutDeliveryChannel','PutConfigurationRecorder')`,
  `eventName IN ('AuthorizeSecurityGroupIngress','AuthorizeSecurityGroupEgress','RevokeSecurityGroupIngress','RevokeSecurityGroupEgress','CreateSecurityGroup','DeleteSecurityGroup','ModifySecurityGroupRules')`,
  `eventName IN ('CreateNetworkAcl','CreateNetworkAclEntry','DeleteNetworkAcl','DeleteNetworkAclEntry','ReplaceNetworkAclEntry','ReplaceNetworkAclAssociation')`,
  `eventName IN ('CreateCustomerGateway','DeleteCustomerGateway','AttachInternetGateway','CreateInternetGateway','DeleteInternetGateway','DetachInternetGateway')`,
  `eventSource = 'ec2.amazonaws.com' AND eventName IN ('CreateRoute','CreateRouteTable','ReplaceRoute','ReplaceRouteTableAssociation','DeleteRouteTable','DeleteRoute','DisassociateRouteTable')`,
  `eventName IN ('CreateVpc','DeleteVpc','ModifyVpcAttribute','AcceptVpcPeeringConnection','CreateVpcPeeringConnection','DeleteVpcPeeringConnection','RejectVpcPeeringConnection','AttachClassicLinkVpc','DetachClassicLinkVpc','DisableVpcClassicLink','EnableVpcClassicLink')`,
  `eventSource = 'organizations.amazonaws.com' AND eventName IN ('AcceptHandshake','AttachPolicy','CreateAccount','CreateOrganizationalUnit','CreatePolicy','DeclineHandshake','DeleteOrganization','DeleteOrganizationalUnit','DeletePolicy','DetachPolicy','DisablePolicyType','EnablePolicyType','InviteAccountToOrganization','LeaveOrganization','MoveAccount','RemoveAccountFromOrganization','UpdatePolicy','UpdateOrganizationalUnit')`,
];

const folder = process.argv[2].replaceAll("'", "''");
const record = `STRUCT(eventTime VARCHAR, eventSource VARCHAR, eventName VARCHAR, eventType VARCHAR, sourceIPAddress VARCHAR, errorCode VARCHAR, errorMessage VARCHAR,
  userIdentity STRUCT("type" VARCHAR, invokedBy VARCHAR), additionalEventData STRUCT(MFAUsed VARCHAR), responseElements STRUCT(ConsoleLogin VARCHAR))[]`;
const db = await (await DuckDBInstance.create(":memory:", { threads: "1" })).connect();
const rows = await db.runAndReadAll(`
  WITH events AS (
    SELECT unnest(Records, recursive := false) AS r
    FROM read_json('${folder}/**/*.json.gz', columns = {Records: '${record}'}, format = 'unstructured', maximum_object_size = 1073741824)
  ), fields AS (
    SELECT r.eventTime[1:16] AS minute, r.eventSource AS eventSource, r.eventName AS eventName, r.eventType AS eventType, r.sourceIPAddress AS sourceIPAddress,
      r.errorCode AS errorCode, r.errorMessage AS errorMessage, r.userIdentity AS userIdentity, r.additionalEventData AS additionalEventData, r.responseElements AS responseElements
    FROM events
  )
  SELECT minute, ${patterns.map((p, i) => `count(*) FILTER (WHERE ${p}) AS p${i}`).join(", ")} FROM fields GROUP BY minute`);
const counts = {};
for (const row of rows.getRows()) {
  row.slice(1).forEach((n, i) => { if (n > 0) counts[`${i}|${row[0]}`] = Number(n); });
}
console.log(JSON.stringify(counts));
