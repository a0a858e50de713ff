package synth

// noise: nothing is wrong, and yet alarms would ring all day.
var noise = storyRow{
	about:      "a harmless job without its permissions, a scanner and a log delivery that is refused drown the unauthorized-calls alarm",
	background: calm,
	cast: []actorRow{
		roleActor("report job", "report-builder", "weekly-report", plain, "198.51.100.19", agentBoto),
		roleActor("scanner", "security-scanner", "posture", plain, "198.51.100.150", agentGo),
	},
	beats: []beat{
		{at: "1m", by: "report job", calls: "ce.GetCostAndUsage, s3.ListBuckets", fails: "denied", times: 55, every: "59s"},
		{at: "3m", by: "scanner", calls: "organizations.ListAccounts, ec2.DescribeFlowLogs, guardduty.ListDetectors, secretsmanager.ListSecrets", fails: "denied", times: 60, every: "1s"},
		{at: "1h03m", by: "scanner", calls: "organizations.ListAccounts, ec2.DescribeFlowLogs, guardduty.ListDetectors, secretsmanager.ListSecrets", fails: "denied", times: 60, every: "1s"},
		{at: "5m", by: "log delivery", calls: "s3.PutObject access log", fails: "failed", times: 120, every: "45s"},
		{at: "6m", by: "worker", calls: "s3.HeadBucket", fails: "denied", times: 100, every: "50s"},
		{at: "40m", by: "anna", calls: "signin.ConsoleLogin", with: "mfa=No"},
		{at: "50m", by: "deploy", calls: "ec2.CreateSecurityGroup, ec2.AuthorizeSecurityGroupIngress, iam.PutRolePolicy, s3.PutBucketPolicy", every: "2s"},
	},
}

// insider: every call is allowed.
var insider = storyRow{
	about:      "a colleague on the last working day reads what is not theirs, copies it to an account of their own and covers the tracks, all with rights that they have",
	background: without(calm, "maria", "maria at sign-in"),
	cast: []actorRow{
		{name: "maria at home", identity: userSession("maria", "true"), arn: userARN("maria"), address: "192.0.2.140", agent: agentChrome, console: true},
		{name: "maria at sign-in at home", identity: userAtSignIn("maria"), arn: userARN("maria"), address: "192.0.2.140", agent: agentChrome},
	},
	beats: []beat{
		{at: "4m", by: "maria at sign-in at home", calls: "signin.CheckMfa, signin.ConsoleLogin", every: "5s"},
		{at: "6m", by: "maria at home", calls: "s3.ListBuckets, rds.DescribeDBSnapshots, iam.ListAccessKeys, secretsmanager.ListSecrets", every: "10s"},
		{at: "10m", by: "maria at home", calls: "s3.GetObject", with: "bucket=example-invoices-<account>", times: 150, every: "2s"},
		{at: "22m", by: "maria at home", calls: "secretsmanager.GetSecretValue", times: 6, every: "8s"},
		{at: "30m", by: "maria at home", calls: "rds.CreateDBSnapshot, rds.ModifyDBSnapshotAttribute, ec2.ModifySnapshotAttribute", with: "peer=999999999999", every: "40s"},
		{at: "45m", by: "maria at home", calls: "iam.CreateAccessKey", with: "user=backup"},
		{at: "52m", by: "maria at home", calls: "s3.PutBucketReplication", with: "bucket=example-data-lake-<account>, peer=999999999999"},
		{at: "58m", by: "maria at home", calls: "config.StopConfigurationRecorder, cloudtrail.PutEventSelectors", every: "30s"},
		{at: "1h10m", by: "maria at home", calls: "ec2.CreateRoute, ec2.CreateNetworkAclEntry", with: "cidr=192.0.2.0/24", every: "20s"},
	},
}

// ransom: a role's keys are stolen from a machine.
var ransom = storyRow{
	about:      "stolen role credentials empty the backups, disable the keys, and leave a note",
	background: calm,
	cast: []actorRow{
		{name: "stolen role", identity: roleSession("", "shop-api", "i-0a6c1f27be093d451", onEC2), arn: roleARN("shop-api", "i-0a6c1f27be093d451"), address: "192.0.2.201", agent: agentPacu},
	},
	beats: []beat{
		{at: "3m", by: "stolen role", calls: "sts.GetCallerIdentity, s3.ListBuckets", every: "4s"},
		{at: "5m", by: "stolen role", fails: "denied", times: 3, every: "1s", calls: "iam.ListUsers, iam.ListRoles, organizations.DescribeOrganization, ec2.DescribeSnapshots, rds.DescribeDBSnapshots, secretsmanager.ListSecrets, cloudtrail.DescribeTrails"},
		{at: "8m", by: "stolen role", calls: "s3.GetBucketVersioning, s3.GetBucketLogging, s3.GetBucketObjectLockConfiguration", with: "bucket=example-backups-<account>", every: "2s"},
		{at: "12m", by: "stolen role", calls: "s3.GetObject", with: "bucket=example-backups-<account>", times: 240, every: "1s"},
		{at: "18m", by: "stolen role", calls: "s3.PutBucketVersioning, s3.PutBucketLifecycle, s3.DeleteBucketPolicy", with: "bucket=example-backups-<account>", every: "9s"},
		{at: "20m", by: "stolen role", calls: "s3.DeleteObjects, s3.DeleteObject", with: "bucket=example-backups-<account>", times: 90, every: "1s"},
		{at: "26m", by: "stolen role", calls: "kms.DisableKey, kms.ScheduleKeyDeletion", times: 3, every: "7s"},
		{at: "27m", by: "stolen role", calls: "organizations.LeaveOrganization", fails: "failed"},
		{at: "28m", by: "stolen role", calls: "s3.PutObject", with: "bucket=example-backups-<account>, object=READ-ME-TO-GET-YOUR-FILES-BACK.txt"},
		{at: "1h05m", by: "anna", calls: "iam.ListRoles, cloudtrail.LookupEvents", every: "20s"},
		{at: "1h08m", by: "anna", calls: "iam.PutRolePolicy", with: "role=shop-api"},
		{at: "1h10m", by: "anna", calls: "kms.CancelKeyDeletion, kms.EnableKey", times: 3, every: "9s"},
	},
}
