package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/ec2rolecreds"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/schemas"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/logging"
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
	account, name, region string
	doors                 *auditDoors // nil when it cannot be asked
	// unasked is why it cannot be asked, known beforehand.
	unasked error
}

// places asks who the profiles are, and which accounts they lead to.
func (a *auditing) places(ctx context.Context) ([]auditPlace, error) {
	profiles := a.o.profiles
	if len(profiles) == 0 {
		profiles = []string{""}
	}
	for _, region := range a.o.regions {
		if meant := didYouMean(region, regions); a.o.endpoint == "" && meant != "" && !slices.Contains(regions, region) {
			fmt.Fprintf(a.s.Err, "--region: %s is no Region that is known here%s\n", region, meant)
		}
	}
	var places []auditPlace
	seen := map[[2]string]bool{} // two profiles may lead to one account
	for _, profile := range profiles {
		doors, regions, err := a.openDoors(ctx, profile)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case isUsage(err) || err != nil && len(profiles) == 1:
			return nil, err
		case err != nil:
			places = append(places, auditPlace{region: strings.Join(regions, " "), unasked: err})
			continue
		}
		accounts := []member{{id: doors.own}}
		switch {
		case a.o.organization:
			if accounts, err = a.members(ctx, doors); err != nil {
				return nil, err
			}
		case len(a.o.accounts) > 0:
			accounts = nil
			for _, id := range a.o.accounts {
				accounts = append(accounts, member{id: id})
			}
		}
		for _, m := range accounts {
			for _, region := range regions {
				if at := [2]string{m.id, region}; !seen[at] {
					seen[at] = true
					places = append(places, auditPlace{account: m.id, name: m.name, region: region, doors: doors})
				}
			}
		}
	}
	return places, nil
}

// openDoors finds out whose account a profile is.
func (a *auditing) openDoors(ctx context.Context, profile string) (*auditDoors, []string, error) {
	cfg, err := auditConfig(ctx, a.o, profile)
	if err != nil {
		return nil, a.o.regions, whyNotConfigured(a.s, profile, err)
	}
	regions := a.o.regions
	if len(regions) == 0 {
		if cfg.Region == "" {
			return nil, nil, usagef("say with --region where to ask: the configuration names no Region")
		}
		regions = []string{cfg.Region}
	}
	cfg.Region = regions[0]
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		return nil, regions, whyNoCredentials(profile, err)
	}
	who, err := sts.NewFromConfig(cfg, brieflyRetried).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return nil, regions, whyNotAsked(profile, a.o.endpoint, cfg.Region, err)
	}
	doors := &auditDoors{cfg: cfg, o: a.o, own: aws.ToString(who.Account), partition: "aws", entered: map[string]*door{}}
	if arn, ok := topic.ParseARN(aws.ToString(who.Arn)); ok && arn.Partition != "" {
		doors.partition = arn.Partition
	}
	if !accountID.MatchString(doors.own) {
		return nil, regions, fmt.Errorf("the answer to who is asking names no account: %q", doors.own)
	}
	return doors, regions, nil
}

// brieflyRetried is for the first question: when nobody answers, it is told soon.
func brieflyRetried(o *sts.Options) {
	o.Retryer = retry.NewStandard(func(r *retry.StandardOptions) { r.MaxAttempts, r.MaxBackoff = 2, time.Second })
}

// auditConfig is the usual AWS configuration. On a machine that is not in AWS the
// search for credentials does not wait long for an instance's metadata; and the
// SDK keeps to itself what it would log, for what matters is told as an error.
func auditConfig(ctx context.Context, o auditOptions, profile string) (aws.Config, error) {
	attempts := 6 // AWS's throttling is waited out
	if o.endpoint != "" {
		attempts = 2
	}
	metadata := imds.New(imds.Options{Retryer: retry.NewStandard(func(r *retry.StandardOptions) { r.MaxAttempts, r.MaxBackoff = 2, 100*time.Millisecond })})
	cfg, err := config.LoadDefaultConfig(
		ctx, config.WithSharedConfigProfile(profile), config.WithRetryMaxAttempts(attempts), config.WithLogger(logging.Nop{}),
		config.WithEC2RoleCredentialOptions(func(e *ec2rolecreds.Options) { e.Client = metadata }),
	)
	if err != nil {
		return aws.Config{}, err
	}
	cfg.HTTPClient = sdkhttp.Client(cfg.HTTPClient)
	if o.endpoint != "" {
		cfg.BaseEndpoint = aws.String(o.endpoint)
	}
	return cfg, nil
}

// auditDoors lead into accounts: into that of a profile, and by the role into
// others. Each role is assumed once.
type auditDoors struct {
	cfg            aws.Config
	o              auditOptions
	own, partition string

	mu      sync.Mutex
	entered map[string]*door // guarded by mu
}

// A door is an account's; once gives its configuration, or why it is closed.
type door struct {
	once sync.Once
	cfg  aws.Config
	err  error
}

// enter finds out whether the account can be entered.
func (d *auditDoors) enter(ctx context.Context, account string) error {
	_, err := d.config(ctx, account)
	return err
}

func (d *auditDoors) config(ctx context.Context, account string) (aws.Config, error) {
	if account == d.own {
		return d.cfg, nil
	}
	if d.o.role == "" || account == "" {
		return aws.Config{}, errNoRole(account)
	}
	d.mu.Lock()
	at := d.entered[account]
	if at == nil {
		at = &door{}
		d.entered[account] = at
	}
	d.mu.Unlock()
	at.once.Do(func() {
		role := "arn:" + d.partition + ":iam::" + account + ":role/" + d.o.role
		at.cfg = d.cfg.Copy()
		at.cfg.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(d.cfg), role, func(o *stscreds.AssumeRoleOptions) {
			o.RoleSessionName = "tocsin-audit"
			if d.o.externalID != "" {
				o.ExternalID = aws.String(d.o.externalID)
			}
		}))
		if _, err := at.cfg.Credentials.Retrieve(ctx); err != nil {
			at.err = whyNotEntered(role, err)
		}
	})
	return at.cfg, at.err
}

// errNoRole is why another account is not entered.
func errNoRole(account string) error {
	return fmt.Errorf("account %s is another one: name a role there with --role", account)
}

// settled tells whether another audit would get no other answers: nothing is
// missing but what somebody may not read.
func (d *auditDoors) settled(missing []audit.Missing) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, m := range missing {
		at := d.entered[m.Account]
		closed := at != nil && at.err != nil && at.err.Error() == m.Message || m.Message == errNoRole(m.Account).Error()
		if !closed && passing(m) {
			return false
		}
	}
	return true
}

// open gives the clients of an account and Region.
func (d *auditDoors) open(ctx context.Context, account, region string) (audit.Clients, error) {
	c, err := d.config(ctx, account)
	if err != nil {
		return audit.Clients{}, err
	}
	if region != "" {
		c.Region = region
	}
	return audit.Clients{
		CloudTrail: cloudtrail.NewFromConfig(c), Logs: cloudwatchlogs.NewFromConfig(c),
		CloudWatch: cloudwatch.NewFromConfig(c, func(co *cloudwatch.Options) {
			if d.o.endpoint != "" { // servers that stand in for AWS know the Query protocol, and not all know CBOR
				co.Protocol = awsquery.New(schemas.GraniteServiceVersion20100801)
			}
		}),
		SNS: sns.NewFromConfig(c), KMS: kms.NewFromConfig(c), S3: s3.NewFromConfig(c, func(so *s3.Options) { so.UsePathStyle = d.o.endpoint != "" }),
	}, nil
}

// standIn is the server that the environment has stand in for AWS, or for one service
// of it such as S3; "" for none, or if the SDK is told to leave it aside.
func standIn(getenv func(string) string, service string) string {
	if strings.EqualFold(getenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"), "true") {
		return ""
	}
	if service != "" {
		if server := getenv("AWS_ENDPOINT_URL_" + service); server != "" {
			return server
		}
	}
	return getenv("AWS_ENDPOINT_URL")
}
