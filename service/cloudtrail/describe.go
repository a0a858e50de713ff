package cloudtrail

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"tocsin/service"
	"tocsin/store/state"
)

// describe is a trail as the API shows it.
func describe(t trail) types.Trail {
	v := t.Value
	return types.Trail{
		Name: &t.Name, TrailARN: &v.ARN, HomeRegion: &t.Region, S3BucketName: &v.Bucket, S3KeyPrefix: given(v.Prefix),
		//lint:ignore SA1019 AWS still gives it
		SnsTopicName: given(v.Topic),
		SnsTopicARN:  given(v.TopicARN), KmsKeyId: given(v.KMSKey),
		IncludeGlobalServiceEvents: &v.Global, IsMultiRegionTrail: &v.MultiRegion, IsOrganizationTrail: new(bool),
		LogFileValidationEnabled: &v.Validation, CloudWatchLogsLogGroupArn: given(v.LogGroup), CloudWatchLogsRoleArn: given(v.Role),
		HasCustomEventSelectors: flag(v.hasCustomSelectors()), HasInsightSelectors: flag(len(v.Insights) > 0),
	}
}

func flag(b bool) *bool { return &b }

// GetTrail tells the settings of one trail.
func (s *Service) GetTrail(ctx context.Context, in *cloudtrail.GetTrailInput, _ ...func(*cloudtrail.Options)) (*cloudtrail.GetTrailOutput, error) {
	t, err := s.read(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	shown := describe(t)
	return &cloudtrail.GetTrailOutput{Trail: &shown}, nil
}

// DescribeTrails tells the settings of the trails of the Region, and of the
// multi-Region trails of others unless they are not wanted. Names that there are
// not are left out.
func (s *Service) DescribeTrails(ctx context.Context, in *cloudtrail.DescribeTrailsInput, _ ...func(*cloudtrail.Options)) (*cloudtrail.DescribeTrailsOutput, error) {
	c := service.CallerOf(ctx)
	shadows := in.IncludeShadowTrails == nil || *in.IncludeShadowTrails
	for _, name := range in.TrailNameList {
		if err := checkReference(c.Scope, name); err != nil {
			return nil, err
		}
	}
	all, err := s.all(ctx, c.Account)
	if err != nil {
		return nil, err
	}
	out := &cloudtrail.DescribeTrailsOutput{TrailList: []types.Trail{}}
	for _, t := range all {
		here := t.Region == c.Region
		wanted := len(in.TrailNameList) == 0 || slices.Contains(in.TrailNameList, t.Value.ARN) || here && slices.Contains(in.TrailNameList, t.Name)
		if wanted && (here || shadows && t.Value.MultiRegion) {
			out.TrailList = append(out.TrailList, describe(t))
		}
	}
	return out, nil
}

// checkReference checks a name or an ARN.
func checkReference(in state.Scope, name string) error {
	if strings.HasPrefix(name, "arn:") {
		a, ok := parseARN(name)
		if !ok || a.kind != "trail" {
			return &types.CloudTrailARNInvalidException{Message: text("Invalid ARN %s: expected arn:%s:cloudtrail:%s:%s:trail/NAME.", name, in.Partition, in.Region, in.Account)}
		}
		name = a.name
	}
	return checkName(name)
}

// all are the trails of an account, by name.
func (s *Service) all(ctx context.Context, account string) (all []trail, err error) {
	err = s.o.State.View(ctx, func(tx *state.Tx) error {
		all, err = Trails.All(ctx, tx, state.Scope{Account: account, Region: "*"})
		return err
	})
	return all, err
}

// ListTrails names all trails of the account.
//
// UNSURE: whether those of other Regions that are for one Region only are among them.
func (s *Service) ListTrails(ctx context.Context, in *cloudtrail.ListTrailsInput, _ ...func(*cloudtrail.Options)) (*cloudtrail.ListTrailsOutput, error) {
	if value(in.NextToken) != "" {
		// All come on one page: nobody was given a token.
		return nil, &types.InvalidTokenException{Message: text("The token is not valid: there are no further pages.")}
	}
	all, err := s.all(ctx, service.CallerOf(ctx).Account)
	if err != nil {
		return nil, err
	}
	out := &cloudtrail.ListTrailsOutput{Trails: []types.TrailInfo{}}
	for _, t := range all {
		out.Trails = append(out.Trails, types.TrailInfo{Name: &t.Name, TrailARN: &t.Value.ARN, HomeRegion: &t.Region})
	}
	return out, nil
}

// GetTrailStatus tells whether a trail logs, and how its deliveries went.
func (s *Service) GetTrailStatus(ctx context.Context, in *cloudtrail.GetTrailStatusInput, _ ...func(*cloudtrail.Options)) (*cloudtrail.GetTrailStatusOutput, error) {
	t, err := s.read(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	st, err := s.status(ctx, t)
	if err != nil {
		return nil, err
	}
	v := t.Value
	succeeded := func(a Attempt) *string {
		if a.Error != "" {
			return text("")
		}
		return text("%s", iso(a.Succeeded))
	}
	return &cloudtrail.GetTrailStatusOutput{
		IsLogging: &v.Logging, StartLoggingTime: instant(v.Started), StopLoggingTime: instant(v.Stopped),
		TimeLoggingStarted: text("%s", iso(v.Started)), TimeLoggingStopped: text("%s", iso(v.Stopped)),
		LatestDeliveryTime: instant(st.Files.Succeeded), LatestDeliveryError: given(st.Files.Error),
		LatestDeliveryAttemptTime: text("%s", iso(st.Files.Tried)), LatestDeliveryAttemptSucceeded: succeeded(st.Files),
		LatestNotificationTime: instant(st.Topic.Succeeded), LatestNotificationError: given(st.Topic.Error),
		LatestNotificationAttemptTime: text("%s", iso(st.Topic.Tried)), LatestNotificationAttemptSucceeded: succeeded(st.Topic),
		LatestCloudWatchLogsDeliveryTime: instant(st.Logs.Succeeded), LatestCloudWatchLogsDeliveryError: given(st.Logs.Error),
		LatestDigestDeliveryTime: instant(st.Digests.Succeeded), LatestDigestDeliveryError: given(st.Digests.Error),
	}, nil
}

// iso is a time as the older members write it; "" for none.
func iso(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05Z")
}

func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
