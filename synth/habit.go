package synth

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// A habitRow is what an actor does over and over: runs of calls, one shortly
// after the other. A background is a list of habits.
type habitRow struct {
	by string // actor
	// weight is the share of the background's runs, beside the other habits'.
	weight int
	// run is how many calls a run has on average; gap the mean milliseconds between two.
	run, gap int
	// calls are names of calls, a space between them, each perhaps with its
	// weight: "s3.GetObject*9, s3.PutObject".
	calls string
	// with binds placeholders, as in a story: "mfa=No, user=backup".
	with string
	// Of a thousand calls so many fail in the call's own way, so many are
	// denied, so many throttled.
	failing, denied, throttled int
}

// calm is the background of a well-kept account: nothing in it concerns a CIS
// control, apart from two kinds of refusal that the official pattern leaves out.
var calm = []habitRow{
	{by: "cloudtrail", weight: 420, run: 5, gap: 2000, calls: "s3.PutObject log delivery*3, s3.GetBucketAcl*4, kms.GenerateDataKey log files*3"},
	{by: "ec2 service", weight: 60, run: 2, gap: 4000, calls: "sts.AssumeRole"},
	{by: "lambda service", weight: 150, run: 3, gap: 5000, calls: "sts.AssumeRole service*5, lambda.Invoke*2, kms.Decrypt"},
	{by: "ecs service", weight: 70, run: 3, gap: 3000, calls: "sts.AssumeRole service"},
	{by: "config service", weight: 40, run: 1, gap: 1000, calls: "sts.AssumeRole service"},
	{by: "load balancing", weight: 100, run: 2, gap: 1000, calls: "s3.PutObject access log"},
	{by: "s3 logging", weight: 60, run: 3, gap: 1000, calls: "s3.PutObject access log"},
	{by: "log delivery", weight: 10, run: 2, gap: 1000, calls: "s3.PutObject access log", failing: 1000},
	{by: "autoscaling service", weight: 6, run: 2, gap: 3000, calls: "ec2.RunInstances, ec2.TerminateInstances, elasticloadbalancing.RegisterTargets, elasticloadbalancing.DeregisterTargets"},

	{by: "api 1", weight: 70, run: 6, gap: 600, calls: "s3.GetObject*6, s3.PutObject*3, dynamodb.GetItem*9, dynamodb.Query*4, dynamodb.UpdateItem*4, kms.Decrypt*3, kms.GenerateDataKey*2, secretsmanager.GetSecretValue", failing: 8},
	{by: "api 2", weight: 70, run: 6, gap: 600, calls: "s3.GetObject*6, s3.PutObject*3, dynamodb.GetItem*9, dynamodb.Query*4, dynamodb.UpdateItem*4, kms.Decrypt*3, kms.GenerateDataKey*2, ssm.GetParameter", failing: 8},
	{by: "worker", weight: 50, run: 8, gap: 400, calls: "s3.GetObject*4, s3.HeadObject*3, s3.PutObject*4, s3.HeadBucket, sqs.GetQueueAttributes*2, kms.Decrypt secret, secretsmanager.GetSecretValue, dynamodb.UpdateItem*3, lambda.Invoke", failing: 15, throttled: 4},
	{by: "worker", weight: 4, run: 2, gap: 20000, calls: "s3.HeadBucket", denied: 1000},
	{by: "resize", weight: 40, run: 4, gap: 500, calls: "logs.CreateLogStream, s3.GetObject*3, s3.PutObject*3, kms.Decrypt, kms.GenerateDataKey", failing: 4},
	{by: "export", weight: 15, run: 10, gap: 1000, calls: "s3.ListObjects*3, s3.GetObject*5, s3.PutObject*2, rds.CreateDBSnapshot, rds.DescribeDBSnapshots*2, logs.CreateLogStream, secretsmanager.GetSecretValue"},
	{by: "ecs agent", weight: 20, run: 3, gap: 2000, calls: "ecr.GetAuthorizationToken, ecr.BatchGetImage*2, ecr.GetDownloadUrlForLayer*4, ecs.SubmitTaskStateChange*2"},
	{by: "ssm agent", weight: 35, run: 2, gap: 5000, calls: "ssm.UpdateInstanceInformation*5, ssm.ListInstanceAssociations*4, ssm.GetParameter, ec2.DescribeTags"},
	{
		by: "monitoring", weight: 22, run: 25, gap: 300, failing: 10, throttled: 25,
		calls: "ec2.DescribeInstances*5, ec2.DescribeInstanceStatus*2, ec2.DescribeVolumes*2, ec2.DescribeTags*3, ec2.DescribeAddresses, ec2.DescribeVpcs, ec2.DescribeSubnets, ec2.DescribeSecurityGroups, ec2.DescribeNatGateways, " +
			"rds.DescribeDBInstances all*3, rds.DescribeDBClusters, lambda.ListFunctions20150331*2, elasticloadbalancing.DescribeLoadBalancers*2, elasticloadbalancing.DescribeTargetHealth*3, autoscaling.DescribeAutoScalingGroups*2, " +
			"cloudwatch.ListMetrics*5, cloudwatch.DescribeAlarms*2, sqs.ListQueues, sns.ListTopics, tagging.GetResources*3, s3.ListBuckets, s3.GetBucketLocation*2, ecs.ListTasks*2, ecs.DescribeServices*2, dynamodb.DescribeTable*2, " +
			"cloudfront.ListDistributions, route53.ListHostedZones, ses.GetSendQuota, backup.ListBackupJobs, health.DescribeEventAggregates, eks.ListClusters",
	},
	{
		by: "config", weight: 12, run: 30, gap: 400, failing: 330, throttled: 5,
		calls: "s3.GetBucketAcl, s3.GetBucketLocation, s3.GetBucketPolicy, s3.GetBucketCors, s3.GetBucketTagging, s3.GetBucketWebsite, s3.GetBucketLifecycle, s3.GetBucketReplication, s3.GetBucketObjectLockConfiguration, s3.GetBucketPublicAccessBlock, " +
			"s3.GetBucketEncryption, s3.GetBucketVersioning, s3.GetBucketLogging, s3.GetBucketNotification, s3.GetBucketRequestPayment, s3.GetBucketPolicyStatus, ec2.DescribeInstances one, ec2.DescribeSecurityGroups, ec2.DescribeNetworkAcls, kms.GetKeyRotationStatus",
	},
	{by: "access analyzer", weight: 6, run: 12, gap: 1000, calls: "iam.GetRole*4, iam.ListRolePolicies*2, iam.GetPolicyVersion*2, s3.GetBucketAcl*2, s3.GetBucketPolicyStatus*2, kms.ListAliases, kms.DescribeKey, lambda.GetPolicy20150331v2*2, sqs.GetQueueAttributes, ec2.DescribeSnapshots", failing: 60},
	{
		by: "deploy", weight: 7, run: 90, gap: 500, failing: 35, throttled: 30,
		calls: "sts.GetCallerIdentity*2, ec2.DescribeVpcs*3, ec2.DescribeVpcAttribute*3, ec2.DescribeSubnets*3, ec2.DescribeRouteTables*5, ec2.DescribeSecurityGroups*3, ec2.DescribeSecurityGroupRules*2, ec2.DescribeNetworkAcls*2, ec2.DescribeNatGateways*3, " +
			"ec2.DescribeInternetGateways*2, ec2.DescribeAccountAttributes*2, ec2.DescribeAvailabilityZones*2, ec2.DescribeImages, ec2.DescribeLaunchTemplates, ec2.DescribeInstanceTypes, ec2.DescribeInstanceAttribute*2, iam.GetRole*4, iam.ListRolePolicies*4, " +
			"iam.ListAttachedRolePolicies*5, iam.GetPolicy*3, iam.GetPolicyVersion*3, iam.ListInstanceProfiles, ssm.GetParameter*4, ssm.DescribeParameters*5, ssm.PutParameter*2, secretsmanager.DescribeSecret*3, rds.DescribeDBInstances*2, rds.DescribeDBEngineVersions, " +
			"lambda.GetFunction20150331v2*3, lambda.UpdateFunctionCode20150331v2*2, ecs.RegisterTaskDefinition, ecs.UpdateService, ecs.DescribeTaskDefinition*2, ecs.DescribeServices*2, cloudformation.DescribeStacks*2, cloudwatch.DescribeAlarms*2, s3.GetBucketPolicy, " +
			"s3.GetBucketTagging, s3.GetBucketVersioning, s3.GetBucketEncryption, kms.DescribeKey*2, kms.Decrypt*2, dynamodb.DescribeTable*2, logs.DescribeLogGroups*2, sns.GetTopicAttributes, route53.ListResourceRecordSets, route53.ChangeResourceRecordSets, acm.ListCertificates",
	},
	{by: "ci-deploy", weight: 10, run: 14, gap: 2000, calls: "sts.GetCallerIdentity*2, ecr.GetAuthorizationToken*2, ecr.InitiateLayerUpload*3, ecr.PutImage*2, s3.PutObject*4, cloudformation.CreateChangeSet, cloudformation.ExecuteChangeSet, cloudformation.DescribeStackEvents*4, lambda.UpdateFunctionCode20150331v2*2, cloudfront.CreateInvalidation", failing: 10},
	{by: "backup", weight: 4, run: 25, gap: 1000, calls: "ec2.DescribeVolumes*2, ec2.CreateSnapshot*4, ec2.DescribeSnapshots*2, ec2.DeleteSnapshot*3, ec2.CreateTags*2, s3.PutObject*6, s3.ListObjects*2", failing: 10},
	{
		by: "anna", weight: 9, run: 18, gap: 4000, failing: 20,
		calls: "cloudwatch.DescribeAlarms*4, cloudwatch.GetDashboard*2, logs.DescribeLogGroups*3, logs.FilterLogEvents*4, logs.DescribeLogStreams*2, logs.DescribeMetricFilters, ecs.DescribeServices*2, ecs.DescribeTasks*2, ec2.DescribeInstances*3, rds.DescribeDBInstances all*2, " +
			"iam.ListUsers, iam.GetAccountSummary, iam.ListAccountAliases*2, health.DescribeEventAggregates*3, cloudtrail.LookupEvents*2, cloudtrail.DescribeTrails, cloudtrail.GetTrailStatus, guardduty.ListFindings, securityhub.GetFindings, ce.GetCostAndUsage, ec2.DescribeRegions*2",
	},
	{
		by: "jürgen", weight: 9, run: 14, gap: 5000, failing: 25,
		calls: "logs.FilterLogEvents*6, logs.DescribeLogGroups*3, cloudwatch.GetDashboard*3, cloudwatch.ListMetrics*3, s3.ListBuckets*2, s3.GetBucketLocation, dynamodb.DescribeTable, lambda.GetFunctionConfiguration20150331v2*2, health.DescribeEventAggregates*2, iam.ListAccountAliases, sns.ListTopics, cloudformation.DescribeStacks*2",
	},
	{by: "anna on the command line", weight: 4, run: 8, gap: 9000, calls: "sts.GetCallerIdentity*2, ssm.SendCommand, ssm.DescribeInstanceInformation*2, ec2.DescribeInstances one*3, ecs.UpdateService, autoscaling.SetDesiredCapacity, autoscaling.DescribeScalingActivities*2, s3.ListObjects*2"},
	{by: "maria", weight: 5, run: 15, gap: 5000, calls: "ec2.DescribeInstances*4, cloudwatch.DescribeAlarms*3, rds.DescribeDBInstances all*2, s3.ListBuckets*2, logs.FilterLogEvents*3, ec2.CreateTags, iam.ListAccountAliases, health.DescribeEventAggregates*2", failing: 15},
	{by: "anna", weight: 1, run: 1, gap: 1000, calls: "signin.ConsoleLogin", with: "mfa=No"},
	{by: "maria at sign-in", weight: 1, run: 2, gap: 6000, calls: "signin.CheckMfa, signin.ConsoleLogin"},
}

// changes are what a large company adds to calm in a working day: every CIS
// control is met now and then, refusals often.
var changes = []habitRow{
	{by: "export", weight: 36, run: 4, gap: 1000, calls: "s3.ListObjects*3, s3.GetObject*6, kms.Decrypt*2, secretsmanager.GetSecretValue, dynamodb.Query*2", denied: 800},
	{by: "monitoring", weight: 28, run: 4, gap: 1000, calls: "ec2.DescribeFlowLogs*3, ec2.DescribeInstanceAttribute*3, organizations.ListAccounts*2, ce.GetCostAndUsage, guardduty.ListDetectors*2, secretsmanager.ListSecrets*2, iam.ListAccessKeys*2", denied: 900},
	{by: "jürgen", weight: 16, run: 5, gap: 3000, calls: "iam.ListUsers, iam.ListMFADevices*2, secretsmanager.GetSecretValue, kms.Decrypt, ec2.GetEbsEncryptionByDefault, s3.GetObject*2, ec2.TerminateInstances", denied: 850},
	{by: "root", weight: 12, run: 4, gap: 6000, calls: "health.DescribeEventAggregates*2, ce.GetCostAndUsage*2, iam.GetAccountSummary*2, iam.ListUsers, iam.ListAccountAliases, organizations.DescribeOrganization, s3.ListBuckets*2, ec2.DescribeRegions"},
	{by: "root at sign-in", weight: 2, run: 1, gap: 1000, calls: "signin.ConsoleLogin"},
	{by: "maria at sign-in", weight: 8, run: 1, gap: 5000, calls: "signin.ConsoleLogin", with: "mfa=No"},
	{by: "maria at sign-in", weight: 8, run: 1, gap: 5000, calls: "signin.ConsoleLogin", failing: 1000},
	{by: "deploy", weight: 4, run: 6, gap: 1000, calls: "iam.AttachRolePolicy*3, iam.DetachRolePolicy*2, iam.PutRolePolicy*4, iam.CreatePolicy, iam.CreatePolicyVersion*2, iam.DeletePolicyVersion*2"},
	{by: "deploy", weight: 6, run: 5, gap: 1000, calls: "ec2.AuthorizeSecurityGroupIngress*4, ec2.RevokeSecurityGroupIngress*3, ec2.CreateSecurityGroup*2, ec2.DeleteSecurityGroup*2", failing: 60},
	{by: "deploy", weight: 4, run: 4, gap: 1000, calls: "s3.PutBucketPolicy*4, s3.PutBucketLifecycle*2, s3.PutBucketReplication, s3.PutBucketAcl, s3.DeleteBucketPolicy, s3.PutBucketPublicAccessBlock*2"},
	{by: "deploy", weight: 4, run: 4, gap: 1000, calls: "ec2.CreateRoute*3, ec2.DeleteRoute*2, ec2.ReplaceRouteTableAssociation, ec2.CreateNetworkAclEntry*2, ec2.DeleteNetworkAclEntry, ec2.CreateInternetGateway, ec2.AttachInternetGateway, ec2.CreateVpc, ec2.ModifyVpcAttribute*2", failing: 80},
	{by: "anna", weight: 4, run: 2, gap: 9000, calls: "cloudtrail.UpdateTrail*3, cloudtrail.PutEventSelectors, cloudtrail.StartLogging, cloudtrail.StopLogging, config.PutConfigurationRecorder*2, config.StopConfigurationRecorder, config.StartConfigurationRecorder"},
	{by: "anna", weight: 4, run: 2, gap: 9000, calls: "kms.DisableKey, kms.EnableKey, kms.ScheduleKeyDeletion, kms.CancelKeyDeletion"},
	{by: "anna", weight: 6, run: 2, gap: 9000, calls: "organizations.InviteAccountToOrganization, organizations.MoveAccount*2, organizations.AttachPolicy*2, iam.CreateUser, iam.AttachUserPolicy*2, iam.CreateAccessKey"},
}

// without leaves out the habits of some actors, whom a story tells of itself.
func without(rows []habitRow, actors ...string) []habitRow {
	return slices.DeleteFunc(slices.Clone(rows), func(row habitRow) bool { return slices.Contains(actors, row.by) })
}

// A habit is a compiled habitRow: what its actor calls outside us-east-1, and
// in it, where the global services log.
type habit struct {
	actor                      *actor
	run, gap                   int
	failing, denied, throttled int
	bound                      map[string]template
	here, global               []*call
}

// A background draws habits by weight.
type background struct {
	habits       []habit
	here, global []int // indexes of habits, each as often as its weight
}

func compileBackground(rows []habitRow, calls map[string]*call, cast map[string]*actor) *background {
	b := &background{habits: make([]habit, len(rows))}
	for i, row := range rows {
		h := habit{
			actor: mustActor(cast, row.by), run: row.run, gap: row.gap, bound: compileBindings(row.with),
			failing: row.failing, denied: row.denied, throttled: row.throttled,
		}
		for _, item := range strings.Split(row.calls, ", ") {
			c, times := weighted(calls, item)
			for range times {
				h.global = append(h.global, c)
				if !c.global {
					h.here = append(h.here, c)
				}
			}
		}
		b.habits[i] = h
		for range row.weight {
			b.global = append(b.global, i)
			if len(h.here) > 0 {
				b.here = append(b.here, i)
			}
		}
	}
	return b
}

// weighted reads "s3.GetObject*9".
func weighted(calls map[string]*call, item string) (*call, int) {
	name, times, found := strings.Cut(item, "*")
	n := 1
	if found {
		n = mustInt(times)
	}
	return mustCall(calls, name), n
}

// draw takes a habit, and the calls that it has in the Region.
func (b *background) draw(r *rand.Rand, global bool) (*habit, []*call) {
	if global {
		h := &b.habits[b.global[r.IntN(len(b.global))]]
		return h, h.global
	}
	h := &b.habits[b.here[r.IntN(len(b.here))]]
	return h, h.here
}

// ending draws how a call of the habit ends.
func (h *habit) ending(r *rand.Rand) ending {
	switch n := r.IntN(1000); {
	case n < h.denied:
		return denied
	case n < h.denied+h.throttled:
		return throttled
	case n < h.denied+h.throttled+h.failing:
		return failed
	}
	return succeeded
}

// compileBindings reads "mfa=No, user=backup".
func compileBindings(with string) map[string]template {
	if with == "" {
		return nil
	}
	bound := make(map[string]template)
	for _, item := range strings.Split(with, ", ") {
		name, value, ok := strings.Cut(item, "=")
		if _, known := pools[name]; !ok || !known {
			panic("synth: no pool to bind: " + strconv.Quote(item))
		}
		bound[name] = compile(value)
	}
	return bound
}

func mustCall(calls map[string]*call, name string) *call {
	c, ok := calls[name]
	if !ok {
		panic(fmt.Sprintf("synth: unknown call %q", name))
	}
	return c
}

func mustActor(cast map[string]*actor, name string) *actor {
	a, ok := cast[name]
	if !ok {
		panic(fmt.Sprintf("synth: unknown actor %q", name))
	}
	return a
}
