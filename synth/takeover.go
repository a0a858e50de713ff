package synth

// takeover: somebody finds the access key of ci-deploy in a public place and
// ends as the owner of the account. The account has a second trail, kept by the
// organization, so that the records go on when the account's own is stopped.
var takeover = storyRow{
	about:      "a leaked access key becomes an administrator, blinds the account, opens it, and is shut out again by the root user",
	background: without(calm, "ci-deploy", "maria", "maria at sign-in"),
	cast: []actorRow{
		{name: "thief", identity: userIdentity("ci-deploy", "AKIAIOSFODNN7EXAMPLE"), arn: userARN("ci-deploy"), address: "192.0.2.66", agent: agentKali},
		{name: "intruder at sign-in", identity: userAtSignIn("support-sync"), arn: userARN("support-sync"), address: "192.0.2.66", agent: agentChrome},
		{name: "intruder", identity: userSession("support-sync", "false"), arn: userARN("support-sync"), address: "192.0.2.66", agent: agentChrome, console: true},
		{name: "intruder's key", identity: userIdentity("support-sync", "AKIA<key:new>"), arn: userARN("support-sync"), address: "192.0.2.91", agent: agentPacu},
		{name: "anybody", identity: `{"type":"AWSAccount","principalId":"","accountId":"anonymous"}`, arn: "anonymous", address: "192.0.2.<n:7-250:crowd>", agent: "curl/8.5.0"},
		{name: "stranger at root sign-in", identity: rootAtSignIn, arn: rootARN, address: "192.0.2.66", agent: agentChrome},
	},
	beats: []beat{
		// The key works as it should.
		{at: "2m", by: "ci-deploy", calls: "sts.GetCallerIdentity, ecr.GetAuthorizationToken, ecr.InitiateLayerUpload, ecr.PutImage, cloudformation.CreateChangeSet, cloudformation.ExecuteChangeSet, cloudformation.DescribeStackEvents", every: "9s"},

		// Somebody else has it, and looks around.
		{at: "20m", by: "thief", calls: "sts.GetCallerIdentity"},
		{at: "20m40s", by: "thief", calls: "iam.ListUsers, iam.ListRoles, iam.ListAttachedUserPolicies", with: "user=ci-deploy", every: "7s"},
		{
			at: "22m", by: "thief", fails: "denied", every: "3s", times: 2,
			calls: "organizations.DescribeOrganization, organizations.ListAccounts, iam.GetAccountAuthorizationDetails, iam.GetCredentialReport, kms.ListKeys, kms.ListAliases, rds.DescribeDBInstances all, rds.DescribeDBSnapshots, " +
				"ec2.DescribeInstances, ec2.DescribeSnapshots, ec2.DescribeSecurityGroups, ec2.DescribeKeyPairs, ec2.DescribeVpcs, ssm.DescribeParameters, guardduty.ListDetectors, securityhub.GetFindings, ses.ListIdentities, lambda.ListFunctions20150331, ce.GetCostAndUsage, eks.ListClusters",
		},
		{at: "25m", by: "thief", calls: "ec2.DescribeInstances, ec2.DescribeRegions, ec2.DescribeVpcs", fails: "denied", region: "eu-central-1", every: "2s"},
		{at: "26m", by: "thief", calls: "s3.ListBuckets, secretsmanager.ListSecrets, cloudtrail.DescribeTrails, cloudtrail.GetTrailStatus", every: "11s"},
		{at: "28m", by: "thief", calls: "secretsmanager.GetSecretValue", times: 3, every: "14s", with: "secret=prod/payments/api-<id:payments>"},

		// It may manage users: the thief makes one that looks like a tool.
		{at: "33m", by: "thief", calls: "iam.CreateUser, iam.CreateLoginProfile, iam.AttachUserPolicy, iam.CreateAccessKey", with: "user=support-sync, policy=AdministratorAccess", every: "19s"},
		{at: "38m", by: "intruder at sign-in", calls: "signin.ConsoleLogin", fails: "failed", times: 2, every: "20s"},
		{at: "39m", by: "intruder at sign-in", calls: "signin.ConsoleLogin", with: "mfa=No"},
		{at: "40m", by: "intruder", calls: "health.DescribeEventAggregates, iam.ListAccountAliases, ec2.DescribeRegions, ce.GetCostAndUsage, s3.ListBuckets, iam.GetAccountSummary, kms.ListAliases, rds.DescribeDBInstances all", every: "6s"},

		// Eyes out.
		{at: "47m", by: "intruder", calls: "cloudtrail.StopLogging"},
		{at: "48m10s", by: "intruder", calls: "cloudtrail.DeleteTrail"},
		{at: "49m", by: "intruder", calls: "config.StopConfigurationRecorder, guardduty.ListDetectors, guardduty.DeleteDetector", every: "21s"},

		// Doors open, machines for mining.
		{at: "56m", by: "intruder's key", calls: "ec2.AuthorizeSecurityGroupIngress, ec2.CreateKeyPair", with: "cidr=0.0.0.0/0, group=sg-0e7c1f4b2a9d83560", every: "12s"},
		{at: "57m", by: "intruder's key", calls: "ec2.RunInstances", with: "type=g5.48xlarge", fails: "failed", region: "us-east-1", times: 4, every: "5s"},
		{at: "58m", by: "intruder's key", calls: "ec2.RunInstances", with: "type=g5.2xlarge, instance=i-0b3d1e5f7a9c24680", region: "us-east-1"},
		{at: "58m20s", by: "intruder's key", calls: "ec2.RunInstances", with: "type=g5.2xlarge, instance=i-0d5f7a9c2e4b13579", region: "us-east-1"},

		// Data out.
		{at: "1h04m", by: "intruder's key", calls: "ec2.ModifySnapshotAttribute, rds.ModifyDBSnapshotAttribute", with: "peer=999999999999", every: "30s"},
		{at: "1h07m", by: "intruder", calls: "s3.DeleteBucketPublicAccessBlock, s3.PutBucketPolicy public", with: "bucket=example-invoices-<account>", every: "16s"},
		{at: "1h09m", by: "anybody", calls: "s3.ListObjects, s3.GetObject, s3.GetObject, s3.GetObject", with: "bucket=example-invoices-<account>", times: 12, every: "4s"},
		{at: "1h15m", by: "intruder", calls: "kms.DescribeKey, kms.ScheduleKeyDeletion", with: "kmskey=1b4c7d90-52ae-4e1f-8c3a-6f0d9e2b7a41", every: "25s"},

		// The owners are shut out; the root user is tried as well.
		{at: "1h18m", by: "intruder", calls: "iam.DeactivateMFADevice, iam.DetachUserPolicy, iam.DeleteLoginProfile", with: "user=maria, policy=AdministratorAccess", every: "8s"},
		{at: "1h21m", by: "stranger at root sign-in", calls: "signin.ConsoleLogin", fails: "failed", times: 3, every: "35s"},
		{at: "1h26m", by: "maria at sign-in", calls: "signin.ConsoleLogin", fails: "failed", times: 2, every: "40s"},

		// The team comes back with the root user, and puts things right.
		{at: "1h37m", by: "root at sign-in", calls: "signin.ConsoleLogin"},
		{at: "1h38m", by: "root", calls: "iam.ListUsers, cloudtrail.DescribeTrails, cloudtrail.LookupEvents, guardduty.ListDetectors", every: "13s"},
		{at: "1h40m", by: "root", calls: "iam.UpdateAccessKey", with: "user=ci-deploy"},
		{at: "1h41m", by: "root", calls: "iam.DetachUserPolicy", with: "user=support-sync, policy=AdministratorAccess"},
		{at: "1h41m20s", by: "intruder's key", calls: "s3.ListBuckets, rds.DescribeDBInstances all", fails: "denied", times: 2, every: "9s"},
		{at: "1h42m", by: "root", calls: "iam.DeleteAccessKey, iam.DeleteLoginProfile, iam.DeleteUser", with: "user=support-sync", every: "10s"},
		{at: "1h44m", by: "root", calls: "s3.PutBucketPolicy, s3.PutBucketPublicAccessBlock", with: "bucket=example-invoices-<account>", every: "20s"},
		{at: "1h46m", by: "root", calls: "cloudtrail.CreateTrail, cloudtrail.StartLogging, config.StartConfigurationRecorder", every: "15s"},
		{at: "1h49m", by: "root", calls: "kms.CancelKeyDeletion, kms.EnableKey", with: "kmskey=1b4c7d90-52ae-4e1f-8c3a-6f0d9e2b7a41", every: "12s"},
		{at: "1h51m", by: "root", calls: "ec2.RevokeSecurityGroupIngress", with: "cidr=0.0.0.0/0, group=sg-0e7c1f4b2a9d83560"},
		{at: "1h52m", by: "root", calls: "ec2.TerminateInstances", with: "instance=i-0b3d1e5f7a9c24680", region: "us-east-1"},
		{at: "1h52m10s", by: "root", calls: "ec2.TerminateInstances", with: "instance=i-0d5f7a9c2e4b13579", region: "us-east-1"},
		{at: "1h55m", by: "root", calls: "iam.CreateLoginProfile, iam.AttachUserPolicy", with: "user=maria, policy=AdministratorAccess", every: "14s"},
		{at: "2h02m", by: "maria at sign-in", calls: "signin.CheckMfa, signin.ConsoleLogin", every: "6s"},
		{at: "2h03m", by: "maria", calls: "iam.GetAccountSummary, cloudtrail.LookupEvents, cloudtrail.GetTrailStatus, iam.ListAccessKeys", with: "user=ci-deploy", every: "11s"},
	},
}
