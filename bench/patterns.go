package main

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"tocsin/core/control"
	"tocsin/core/pattern"
)

// cisPatterns are the patterns of the fifteen CIS alarms.
func cisPatterns() ([]string, error) {
	pack, err := control.Select("cis")
	if err != nil {
		return nil, err
	}
	var texts []string
	for _, c := range pack.Controls {
		if c.Pattern != "" {
			texts = append(texts, c.Pattern)
		}
	}
	if len(texts) != 15 {
		return nil, fmt.Errorf("the CIS pack has %d patterns, want 15", len(texts))
	}
	return texts, nil
}

// makePatterns gives n patterns: those of CIS, and then such as a large company
// writes beside them. More patterns begin with the fewer; every call gives the same.
func makePatterns(n int) ([]*pattern.Pattern, error) {
	texts, err := cisPatterns()
	if err != nil {
		return nil, err
	}
	r := rand.New(rand.NewPCG(20, 26))
	for len(texts) < n {
		texts = append(texts, rule(r))
	}
	patterns := make([]*pattern.Pattern, n)
	for i, text := range texts[:n] {
		if patterns[i], err = pattern.Parse(text); err != nil {
			return nil, err
		}
	}
	return patterns, nil
}

// watched are calls that people write alarms for, by service. Some of them occur
// in the data, most do not.
var watched = []struct{ source, names string }{
	{"iam", "CreateUser DeleteUser CreateAccessKey DeleteAccessKey UpdateAccessKey AttachUserPolicy DetachUserPolicy AttachRolePolicy DetachRolePolicy PutRolePolicy PutUserPolicy CreatePolicy CreatePolicyVersion DeletePolicyVersion CreateRole DeleteRole UpdateAssumeRolePolicy CreateLoginProfile UpdateLoginProfile DeactivateMFADevice CreateGroup AddUserToGroup RemoveUserFromGroup CreateSAMLProvider UpdateSAMLProvider ListUsers GetAccountSummary ListAccessKeys GetRole"},
	{"ec2", "RunInstances TerminateInstances StopInstances StartInstances CreateSecurityGroup DeleteSecurityGroup AuthorizeSecurityGroupIngress RevokeSecurityGroupIngress AuthorizeSecurityGroupEgress CreateSnapshot DeleteSnapshot ModifySnapshotAttribute ModifyImageAttribute CreateRoute DeleteRoute CreateVpc DeleteVpc CreateVpcPeeringConnection CreateNetworkAclEntry DeleteFlowLogs CreateKeyPair ImportKeyPair GetPasswordData CreateTags CreateNetworkInterface DeleteNetworkInterface DisableEbsEncryptionByDefault CreateInternetGateway DescribeInstanceAttribute DescribeFlowLogs"},
	{"s3", "PutBucketPolicy DeleteBucketPolicy PutBucketAcl PutBucketLifecycle PutBucketReplication PutBucketVersioning PutBucketPublicAccessBlock DeleteBucketPublicAccessBlock DeleteBucket CreateBucket PutBucketLogging PutBucketEncryption DeleteObjects PutObjectAcl PutBucketCors DeleteObject ListBuckets"},
	{"kms", "DisableKey EnableKey ScheduleKeyDeletion CancelKeyDeletion PutKeyPolicy CreateGrant RevokeGrant DeleteAlias UpdateAlias DisableKeyRotation ImportKeyMaterial DeleteImportedKeyMaterial ReEncrypt"},
	{"cloudtrail", "StopLogging StartLogging DeleteTrail UpdateTrail CreateTrail PutEventSelectors PutInsightSelectors DeleteEventDataStore LookupEvents"},
	{"config", "StopConfigurationRecorder StartConfigurationRecorder PutConfigurationRecorder DeleteDeliveryChannel PutDeliveryChannel DeleteConfigRule DeleteConformancePack"},
	{"guardduty", "DeleteDetector UpdateDetector CreateFilter CreateIPSet DisassociateMembers StopMonitoringMembers DeletePublishingDestination ListDetectors"},
	{"secretsmanager", "GetSecretValue DeleteSecret PutSecretValue UpdateSecret PutResourcePolicy RestoreSecret CancelRotateSecret ListSecrets"},
	{"organizations", "InviteAccountToOrganization MoveAccount AttachPolicy DetachPolicy CreateAccount LeaveOrganization DeletePolicy UpdatePolicy ListAccounts"},
	{"lambda", "CreateFunction20150331 UpdateFunctionCode20150331v2 UpdateFunctionConfiguration20150331v2 AddPermission20150331v2 DeleteFunction20150331 CreateEventSourceMapping20150331 CreateFunctionUrlConfig PublishLayerVersion20181031"},
	{"rds", "CreateDBSnapshot ModifyDBSnapshotAttribute DeleteDBInstance ModifyDBInstance CreateDBInstance RestoreDBInstanceFromDBSnapshot StartExportTask DeleteDBCluster ModifyDBClusterSnapshotAttribute"},
	{"ssm", "SendCommand StartSession PutParameter DeleteParameter CreateDocument UpdateDocument ModifyDocumentPermission CreateAssociation"},
	{"sts", "GetFederationToken GetSessionToken AssumeRoleWithSAML AssumeRoleWithWebIdentity DecodeAuthorizationMessage"},
	{"signin", "ConsoleLogin SwitchRole ExitRole CheckMfa CredentialVerification"},
	{"sns", "DeleteTopic SetTopicAttributes Unsubscribe AddPermission CreateTopic"},
	{"sqs", "DeleteQueue SetQueueAttributes AddPermission PurgeQueue"},
	{"logs", "DeleteLogGroup DeleteLogStream PutRetentionPolicy DeleteMetricFilter PutMetricFilter DeleteSubscriptionFilter PutSubscriptionFilter CreateLogGroup"},
	{"monitoring", "DeleteAlarms DisableAlarmActions PutMetricAlarm SetAlarmState DeleteDashboards"},
	{"ecs", "RegisterTaskDefinition UpdateService DeleteService CreateCluster DeleteCluster RunTask ExecuteCommand"},
	{"ecr", "SetRepositoryPolicy DeleteRepository PutImage BatchDeleteImage PutLifecyclePolicy DeleteRepositoryPolicy"},
	{"eks", "CreateCluster DeleteCluster UpdateClusterConfig CreateAccessEntry AssociateAccessPolicy"},
	{"cloudformation", "CreateStack UpdateStack DeleteStack CreateChangeSet ExecuteChangeSet SetStackPolicy"},
	{"route53", "ChangeResourceRecordSets CreateHostedZone DeleteHostedZone DisassociateVPCFromHostedZone"},
	{"dynamodb", "DeleteTable UpdateTable CreateBackup DeleteBackup ExportTableToPointInTime UpdateContinuousBackups"},
}

var (
	refusals  = []string{"AccessDenied*", "*UnauthorizedOperation", "AccessDeniedException", "Client.RequestLimitExceeded", "*NotFound*", "ThrottlingException", "Client.VcpuLimitExceeded"}
	regions   = []string{"eu-west-1", "us-east-1", "eu-central-1", "us-west-2", "ap-southeast-2", "sa-east-1", "me-south-1"}
	tools     = []string{"kali", "pacu", "sqlmap", "curl", "python-requests", "Terraform", "Boto3", "HashiCorp", "exec-env/CloudShell", "powershell"}
	resources = []string{"bucketName", "instanceId", "groupId", "keyId", "functionName", "roleName", "userName", "dBInstanceIdentifier", "policyArn", "snapshotId"}
)

func pick(r *rand.Rand, texts []string) string { return texts[r.IntN(len(texts))] }

// account is one of the data's twelve, or of others.
func account(r *rand.Rand) string {
	known := []string{"111122223333", "444455556666", "777788889999", "123456789012", "210987654321"}
	if r.IntN(4) == 0 {
		return pick(r, known)
	}
	return fmt.Sprint(300000000000 + r.Int64N(400)*1000003)
}

// rule writes one pattern in the manner of the CIS ones.
func rule(r *rand.Rand) string {
	service := watched[r.IntN(len(watched))]
	names := strings.Fields(service.names)
	one := `$.eventName = "` + pick(r, names) + `"`
	source := `$.eventSource = "` + service.source + `.amazonaws.com"`
	var list []string
	for range 2 + r.IntN(4) {
		list = append(list, `($.eventName = "`+pick(r, names)+`")`)
	}
	some := "(" + strings.Join(list, " || ") + ")"
	var text string
	switch k := r.IntN(100); {
	case k < 18:
		text = fmt.Sprintf(`(%s) && (%s) && ($.userIdentity.arn = "*:user/service-%d")`, source, one, r.IntN(3000))
	case k < 32:
		text = fmt.Sprintf(`(%s) && %s && ($.recipientAccountId = "%s")`, source, some, account(r))
	case k < 42:
		text = fmt.Sprintf(`(%s) && %s && ($.errorCode = "%s") && ($.recipientAccountId = "%s")`, source, some, pick(r, refusals), account(r))
	case k < 52:
		text = fmt.Sprintf(`(%s) && ($.sourceIPAddress = "192.0.2.%d")`, one, r.IntN(256))
	case k < 60:
		text = fmt.Sprintf(`(%s) && ($.awsRegion = "%s") && ($.recipientAccountId = "%s") && ($.readOnly IS FALSE)`, source, pick(r, regions), account(r))
	case k < 68:
		text = fmt.Sprintf(`(%s) && ($.requestParameters.%s = "prod-%d-*")`, one, pick(r, resources), r.IntN(5000))
	case k < 74:
		text = fmt.Sprintf(`(%s) && ($.userIdentity.sessionContext.sessionIssuer.userName = "role-%d")`, one, r.IntN(2000))
	case k < 80:
		text = fmt.Sprintf(`(%s) && (%s) && ($.userAgent = "*%s*") && ($.userIdentity.userName = "user-%d")`, source, one, pick(r, tools), r.IntN(900))
	case k < 86:
		text = fmt.Sprintf(`(%s) && ($.userIdentity.sessionContext.attributes.mfaAuthenticated = "false") && ($.userIdentity.invokedBy NOT EXISTS) && ($.recipientAccountId = "%s")`, one, account(r))
	case k < 91:
		text = fmt.Sprintf(`($.userIdentity.type = "Root") && (%s) && ($.recipientAccountId = "%s")`, one, account(r))
	case k < 95:
		text = fmt.Sprintf(`(%s) && ($.userIdentity.accessKeyId = "AKIA%016X")`, source, r.Uint64())
	case k < 98:
		text = fmt.Sprintf(`(%s) && ($.eventName != "Describe*") && ($.vpcEndpointId = "vpce-%08x")`, source, r.Uint32())
	default:
		text = fmt.Sprintf(`(%s) && ($.userIdentity.arn = %%role/team-%d-[a-z]+/%%)`, one, r.IntN(500))
	}
	return "{ " + text + " }"
}
