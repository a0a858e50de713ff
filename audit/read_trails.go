package audit

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	trailtypes "github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
)

// readTrails asks for trails in the Region of the audit, which also shows those of
// other Regions that log all, and in the Regions in use for those that do not.
func (r *reader) readTrails(ctx context.Context) {
	r.readTrailsIn(ctx, r.Region)
	for _, region := range r.account.Regions {
		if region != r.Region {
			r.readTrailsIn(ctx, region)
		}
	}
}

func (r *reader) readTrailsIn(ctx context.Context, region string) {
	q := question{"cloudtrail:DescribeTrails", "*", r.Account, region}
	c := r.at(ctx, r.Account, region).CloudTrail
	out := ask(ctx, r, q, c != nil, nil, func() (*cloudtrail.DescribeTrailsOutput, error) {
		return c.DescribeTrails(ctx, &cloudtrail.DescribeTrailsInput{IncludeShadowTrails: aws.Bool(true)})
	})
	if out == nil {
		return
	}
	seen := map[string]trailtypes.Trail{}
	for _, t := range out.TrailList {
		arn := aws.ToString(t.TrailARN)
		if had, twice := seen[arn]; twice && !reflect.DeepEqual(had, t) {
			r.note(q, fmt.Errorf("the answer has trail %s twice, and not alike", arn))
		}
		seen[arn] = t
		if arn == "" {
			r.note(q, errors.New("a trail of the answer has no TrailARN"))
			continue
		}
		if slices.ContainsFunc(r.account.Trails, func(have Trail) bool { return have.ARN == arn }) {
			continue
		}
		trail := Trail{
			ARN: arn, Name: aws.ToString(t.Name), HomeRegion: aws.ToString(t.HomeRegion),
			MultiRegion: t.IsMultiRegionTrail, Organization: aws.ToBool(t.IsOrganizationTrail), GlobalEvents: t.IncludeGlobalServiceEvents,
			LogGroup: strings.TrimSuffix(aws.ToString(t.CloudWatchLogsLogGroupArn), ":*"),
			Role:     aws.ToString(t.CloudWatchLogsRoleArn), Bucket: aws.ToString(t.S3BucketName), KMSKey: aws.ToString(t.KmsKeyId), Validation: t.LogFileValidationEnabled,
			Custom: t.HasCustomEventSelectors,
			answer: t,
		}
		if trail.HomeRegion == "" {
			trail.HomeRegion = arnPart(arn, 3)
		}
		r.readTrail(ctx, &trail)
		r.account.Trails = append(r.account.Trails, trail)
	}
}

// readTrail asks for a trail's status and selectors, in its home Region, by the
// account that is audited: members may read an organization's trail.
func (r *reader) readTrail(ctx context.Context, t *Trail) {
	c := r.at(ctx, r.Account, t.HomeRegion).CloudTrail
	q := question{"cloudtrail:GetTrailStatus", t.ARN, r.Account, t.HomeRegion}
	status := ask(ctx, r, q, c != nil, nil, func() (*cloudtrail.GetTrailStatusOutput, error) {
		return c.GetTrailStatus(ctx, &cloudtrail.GetTrailStatusInput{Name: aws.String(t.ARN)})
	})
	if status != nil {
		t.Status = &TrailStatus{
			Logging: status.IsLogging, Started: moment(status.StartLoggingTime),
			LogsDelivered: moment(status.LatestCloudWatchLogsDeliveryTime), LogsError: aws.ToString(status.LatestCloudWatchLogsDeliveryError),
			Delivered: moment(status.LatestDeliveryTime), Error: aws.ToString(status.LatestDeliveryError),
			answer: status,
		}
	}
	q.action = "cloudtrail:GetEventSelectors"
	selectors := ask(ctx, r, q, c != nil, nil, func() (*cloudtrail.GetEventSelectorsOutput, error) {
		return c.GetEventSelectors(ctx, &cloudtrail.GetEventSelectorsInput{TrailName: aws.String(t.ARN)})
	})
	if selectors != nil && other(selectors.TrailARN, t.ARN) {
		r.note(q, errOther(selectors.TrailARN))
	} else if selectors != nil {
		t.Selectors = readSelectors(selectors)
		if len(t.Selectors.Basic)+len(t.Selectors.Advanced) == 0 && t.Custom != nil && !*t.Custom {
			// A trail without selectors of its own logs all management events.
			t.Selectors.Basic = []BasicSelector{{ReadWriteType: string(trailtypes.ReadWriteTypeAll), Management: aws.Bool(true)}}
		}
	}
}

func readSelectors(out *cloudtrail.GetEventSelectorsOutput) *Selectors {
	s := &Selectors{answer: out}
	for _, e := range out.EventSelectors {
		b := BasicSelector{
			ReadWriteType: string(e.ReadWriteType), Management: e.IncludeManagementEvents, ExcludedSources: e.ExcludeManagementEventSources,
		}
		for _, d := range e.DataResources {
			for _, v := range d.Values {
				b.DataType = append(b.DataType, aws.ToString(d.Type))
				b.DataARN = append(b.DataARN, v)
			}
		}
		s.Basic = append(s.Basic, b)
	}
	for _, e := range out.AdvancedEventSelectors {
		var a AdvancedSelector
		for _, f := range e.FieldSelectors {
			a.Fields = append(a.Fields, fieldSelector(f))
		}
		s.Advanced = append(s.Advanced, a)
	}
	return s
}

func fieldSelector(f trailtypes.AdvancedFieldSelector) FieldSelector {
	return FieldSelector{
		Field: aws.ToString(f.Field), Equals: f.Equals, StartsWith: f.StartsWith, EndsWith: f.EndsWith,
		NotEquals: f.NotEquals, NotStartsWith: f.NotStartsWith, NotEndWith: f.NotEndsWith,
	}
}

// readGroups lists the metric filters of the log groups that trails deliver to.
func (r *reader) readGroups(ctx context.Context) {
	for _, t := range r.account.Trails {
		if t.LogGroup == "" || r.account.group(t.LogGroup) != nil {
			continue
		}
		r.account.LogGroups = append(r.account.LogGroups, r.readGroup(ctx, t.LogGroup))
	}
}

func (r *reader) readGroup(ctx context.Context, arn string) LogGroup {
	g := LogGroup{ARN: arn}
	account, region := arnPart(arn, 4), arnPart(arn, 3)
	q := question{"logs:DescribeMetricFilters", arn, account, region}
	c := r.at(ctx, account, region).Logs
	in := &cloudwatchlogs.DescribeMetricFiltersInput{LogGroupName: aws.String(g.Name()), Limit: aws.Int32(50)}
	var pages pages
	for {
		out := ask(ctx, r, q, c != nil, func(code string) bool {
			g.Gone = code == "ResourceNotFoundException"
			return g.Gone
		}, func() (*cloudwatchlogs.DescribeMetricFiltersOutput, error) {
			return c.DescribeMetricFilters(ctx, in)
		})
		if out == nil {
			return g
		}
		for _, f := range out.MetricFilters {
			if other(f.LogGroupName, g.Name()) {
				continue // it is of another log group, and counts nothing of this one's
			}
			filter := readFilter(f)
			filter.logGroup, filter.account, filter.region = arn, account, region
			g.Filters = append(g.Filters, filter)
		}
		more, err := pages.more(out.NextToken)
		if err != nil {
			r.note(q, err)
			return g
		}
		if !more {
			break
		}
		in.NextToken = out.NextToken
	}
	g.Read = true
	if len(g.Filters) == 0 {
		r.readClass(ctx, &g, c)
	}
	return g
}

// readClass asks for the class of a log group without filters: some classes have none.
func (r *reader) readClass(ctx context.Context, g *LogGroup, c CloudWatchLogs) {
	q := question{"logs:DescribeLogGroups", g.ARN, arnPart(g.ARN, 4), arnPart(g.ARN, 3)}
	out := ask(ctx, r, q, c != nil, nil, func() (*cloudwatchlogs.DescribeLogGroupsOutput, error) {
		return c.DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: aws.String(g.Name())})
	})
	if out == nil {
		return
	}
	for _, have := range out.LogGroups {
		if aws.ToString(have.LogGroupName) == g.Name() {
			g.Class = string(have.LogGroupClass)
		}
	}
}

func readFilter(f logtypes.MetricFilter) Filter {
	filter := Filter{
		Name: aws.ToString(f.FilterName), Pattern: f.FilterPattern, Transformed: f.ApplyOnTransformedLogs,
		Criteria: aws.ToString(f.FieldSelectionCriteria), SystemFields: f.EmitSystemFieldDimensions, answer: f,
	}
	for _, t := range f.MetricTransformations {
		m := FilterMetric{
			Namespace: aws.ToString(t.MetricNamespace), Name: aws.ToString(t.MetricName), Value: aws.ToString(t.MetricValue),
			Default: t.DefaultValue, Unit: string(t.Unit),
		}
		m.Fields = t.Dimensions
		for name := range t.Dimensions {
			m.Dimensions = append(m.Dimensions, name)
		}
		slices.Sort(m.Dimensions)
		filter.Metrics = append(filter.Metrics, m)
	}
	return filter
}

func moment(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}
