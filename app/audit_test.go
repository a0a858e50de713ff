package app

import (
	awscloudtrail "github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	awscloudwatch "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"

	"tocsin/audit"
	"tocsin/service/cloudtrail"
	"tocsin/service/cloudwatch"
	"tocsin/service/cloudwatchlogs"
	"tocsin/service/sns"
)

// The audit asks a real account and our own services through the same interfaces.
// S3's operations are no methods here, and there are no keys.
var (
	_ audit.CloudTrail     = (*cloudtrail.Service)(nil)
	_ audit.CloudTrail     = (*awscloudtrail.Client)(nil)
	_ audit.CloudWatch     = (*cloudwatch.Service)(nil)
	_ audit.CloudWatch     = (*awscloudwatch.Client)(nil)
	_ audit.CloudWatchLogs = (*cloudwatchlogs.Service)(nil)
	_ audit.CloudWatchLogs = (*awslogs.Client)(nil)
	_ audit.SNS            = (*sns.Service)(nil)
	_ audit.SNS            = (*awssns.Client)(nil)
	_ audit.S3             = (*awss3.Client)(nil)
	_ audit.KMS            = (*awskms.Client)(nil)
)
