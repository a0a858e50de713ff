package cli

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/schemas"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/transport/http/protocol/awsquery"

	"tocsin/audit"
	"tocsin/core/topic"
	"tocsin/internal/sdkhttp"
)

var (
	_ audit.CloudTrail     = (*cloudtrail.Client)(nil)
	_ audit.CloudWatchLogs = (*cloudwatchlogs.Client)(nil)
	_ audit.CloudWatch     = (*cloudwatch.Client)(nil)
	_ audit.SNS            = (*sns.Client)(nil)
	_ audit.S3             = (*s3.Client)(nil)
	_ audit.KMS            = (*kms.Client)(nil)
)

// An auditPlace is an account and a Region to audit.
type auditPlace struct {
	account, region, partition string
	open                       func(ctx context.Context, account, region string) (audit.Clients, error)
}

// auditPlaces asks who the profiles are.
func auditPlaces(ctx context.Context, o auditOptions) ([]auditPlace, error) {
	profiles := o.profiles
	if len(profiles) == 0 {
		profiles = []string{""}
	}
	var places []auditPlace
	for _, profile := range profiles {
		cfg, err := auditConfig(ctx, o, profile)
		if err != nil {
			return nil, err
		}
		regions := o.regions
		if len(regions) == 0 {
			if cfg.Region == "" {
				return nil, usagef("say with --region where to ask: the configuration names no Region")
			}
			regions = []string{cfg.Region}
		}
		cfg.Region = regions[0]
		who, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
		if err != nil {
			return nil, fmt.Errorf("ask whose account this is: %w", err)
		}
		account, partition := aws.ToString(who.Account), ""
		if arn, ok := topic.ParseARN(aws.ToString(who.Arn)); ok {
			partition = arn.Partition
		}
		for _, region := range regions {
			places = append(places, auditPlace{account, region, partition, opener(cfg, o, account, partition)})
		}
	}
	return places, nil
}

func auditConfig(ctx context.Context, o auditOptions, profile string) (aws.Config, error) {
	attempts := 6 // AWS's throttling is waited out
	if o.endpoint != "" {
		attempts = 2
	}
	cfg, err := config.LoadDefaultConfig(ctx, config.WithSharedConfigProfile(profile), config.WithRetryMaxAttempts(attempts))
	if err != nil {
		return aws.Config{}, fmt.Errorf("read the AWS configuration: %w", err)
	}
	cfg.HTTPClient = sdkhttp.Client(cfg.HTTPClient)
	if o.endpoint != "" {
		cfg.BaseEndpoint = aws.String(o.endpoint)
	}
	return cfg, nil
}

// opener gives clients of the account, and by the role of others.
func opener(cfg aws.Config, o auditOptions, own, partition string) func(context.Context, string, string) (audit.Clients, error) {
	return func(_ context.Context, account, region string) (audit.Clients, error) {
		c := cfg.Copy()
		c.Region = region
		if account != own {
			if o.role == "" || account == "" {
				return audit.Clients{}, errNoRole(account)
			}
			role := "arn:" + partition + ":iam::" + account + ":role/" + o.role
			c.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(cfg), role))
		}
		return audit.Clients{
			CloudTrail: cloudtrail.NewFromConfig(c), Logs: cloudwatchlogs.NewFromConfig(c),
			CloudWatch: cloudwatch.NewFromConfig(c, func(co *cloudwatch.Options) {
				if o.endpoint != "" { // servers that stand in for AWS know the Query protocol, and not all know CBOR
					co.Protocol = awsquery.New(schemas.GraniteServiceVersion20100801)
				}
			}),
			SNS: sns.NewFromConfig(c), KMS: kms.NewFromConfig(c), S3: s3.NewFromConfig(c, func(so *s3.Options) { so.UsePathStyle = o.endpoint != "" }),
		}, nil
	}
}
