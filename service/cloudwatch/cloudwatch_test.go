package cloudwatch_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/schemas"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	"github.com/aws/smithy-go/transport/http/protocol/awsjson"
	"github.com/aws/smithy-go/transport/http/protocol/awsquery"
	"github.com/google/go-cmp/cmp"

	"tocsin/core/policy"
	"tocsin/service"
	"tocsin/service/cloudwatch"
	"tocsin/service/servicetest"
	"tocsin/store/events"
	"tocsin/wire"
	"tocsin/wire/model"
)

// operations are CloudWatch's, as the SDK's client and the Service have them.
type operations interface {
	DeleteAlarmMuteRule(context.Context, *api.DeleteAlarmMuteRuleInput, ...func(*api.Options)) (*api.DeleteAlarmMuteRuleOutput, error)
	DeleteAlarms(context.Context, *api.DeleteAlarmsInput, ...func(*api.Options)) (*api.DeleteAlarmsOutput, error)
	DeleteDashboards(context.Context, *api.DeleteDashboardsInput, ...func(*api.Options)) (*api.DeleteDashboardsOutput, error)
	DescribeAlarmContributors(context.Context, *api.DescribeAlarmContributorsInput, ...func(*api.Options)) (*api.DescribeAlarmContributorsOutput, error)
	DescribeAlarmHistory(context.Context, *api.DescribeAlarmHistoryInput, ...func(*api.Options)) (*api.DescribeAlarmHistoryOutput, error)
	DescribeAlarms(context.Context, *api.DescribeAlarmsInput, ...func(*api.Options)) (*api.DescribeAlarmsOutput, error)
	DescribeAlarmsForMetric(context.Context, *api.DescribeAlarmsForMetricInput, ...func(*api.Options)) (*api.DescribeAlarmsForMetricOutput, error)
	DisableAlarmActions(context.Context, *api.DisableAlarmActionsInput, ...func(*api.Options)) (*api.DisableAlarmActionsOutput, error)
	EnableAlarmActions(context.Context, *api.EnableAlarmActionsInput, ...func(*api.Options)) (*api.EnableAlarmActionsOutput, error)
	GetAlarmMuteRule(context.Context, *api.GetAlarmMuteRuleInput, ...func(*api.Options)) (*api.GetAlarmMuteRuleOutput, error)
	GetDashboard(context.Context, *api.GetDashboardInput, ...func(*api.Options)) (*api.GetDashboardOutput, error)
	GetMetricData(context.Context, *api.GetMetricDataInput, ...func(*api.Options)) (*api.GetMetricDataOutput, error)
	GetMetricStatistics(context.Context, *api.GetMetricStatisticsInput, ...func(*api.Options)) (*api.GetMetricStatisticsOutput, error)
	ListAlarmMuteRules(context.Context, *api.ListAlarmMuteRulesInput, ...func(*api.Options)) (*api.ListAlarmMuteRulesOutput, error)
	ListDashboards(context.Context, *api.ListDashboardsInput, ...func(*api.Options)) (*api.ListDashboardsOutput, error)
	ListMetrics(context.Context, *api.ListMetricsInput, ...func(*api.Options)) (*api.ListMetricsOutput, error)
	ListTagsForResource(context.Context, *api.ListTagsForResourceInput, ...func(*api.Options)) (*api.ListTagsForResourceOutput, error)
	PutAlarmMuteRule(context.Context, *api.PutAlarmMuteRuleInput, ...func(*api.Options)) (*api.PutAlarmMuteRuleOutput, error)
	PutCompositeAlarm(context.Context, *api.PutCompositeAlarmInput, ...func(*api.Options)) (*api.PutCompositeAlarmOutput, error)
	PutDashboard(context.Context, *api.PutDashboardInput, ...func(*api.Options)) (*api.PutDashboardOutput, error)
	PutLogAlarm(context.Context, *api.PutLogAlarmInput, ...func(*api.Options)) (*api.PutLogAlarmOutput, error)
	PutMetricAlarm(context.Context, *api.PutMetricAlarmInput, ...func(*api.Options)) (*api.PutMetricAlarmOutput, error)
	PutMetricData(context.Context, *api.PutMetricDataInput, ...func(*api.Options)) (*api.PutMetricDataOutput, error)
	SetAlarmState(context.Context, *api.SetAlarmStateInput, ...func(*api.Options)) (*api.SetAlarmStateOutput, error)
	TagResource(context.Context, *api.TagResourceInput, ...func(*api.Options)) (*api.TagResourceOutput, error)
	UntagResource(context.Context, *api.UntagResourceInput, ...func(*api.Options)) (*api.UntagResourceOutput, error)
}

var (
	_ operations = (*api.Client)(nil)
	_ operations = (*cloudwatch.Service)(nil)
)

// A bench is a story's place: CloudWatch, called in one of four ways.
type bench struct {
	operations
	service *cloudwatch.Service
	world   *servicetest.World
	ctx     context.Context
	woken   int
	logged  []logged
}

// logged is an event of a log group.
type logged struct {
	group   int64
	time    time.Time
	message string
}

// count is what the events' store does.
func (b *bench) count(_ context.Context, q events.Query) (n int64, _ error) {
	for _, e := range b.logged {
		t := e.time.UnixMilli()
		if e.group == q.Group && q.From <= t && t <= q.To && (q.Pattern == nil || q.Pattern.Match([]byte(e.message))) {
			n++
		}
	}
	return n, nil
}

// told tells a story on the service itself, and through the SDK's client in each
// of CloudWatch's protocols.
func told(t *testing.T, story func(t *testing.T, b *bench)) {
	t.Run("direct", func(t *testing.T) {
		b, s := newBench(t)
		b.operations, b.ctx = s, b.world.Context(t)
		story(t, b)
	})
	for name, option := range map[string]func(*api.Options){
		"CBOR":  func(*api.Options) {},
		"JSON":  func(o *api.Options) { o.Protocol = awsjson.New10(schemas.GraniteServiceVersion20100801) },
		"Query": func(o *api.Options) { o.Protocol = awsquery.New(schemas.GraniteServiceVersion20100801) },
	} {
		t.Run(name, func(t *testing.T) {
			b, s := newBench(t)
			config := b.world.Serve(t, wire.Service{Model: model.CloudWatch(), Methods: s})
			b.operations, b.ctx = api.NewFromConfig(config, option, func(o *api.Options) { o.APIOptions = append(o.APIOptions, unchecked) }), t.Context()
			story(t, b)
		})
	}
}

func newBench(t *testing.T) (*bench, *cloudwatch.Service) {
	t.Helper()
	b := &bench{world: servicetest.New(t)}
	b.service = cloudwatch.New(cloudwatch.Options{
		State: b.world.State, Now: b.world.Now, Wake: func() { b.woken++ }, Count: b.count, CanAssume: canAssume,
	})
	return b, b.service
}

// canAssume lets CloudWatch Logs assume one role.
func canAssume(_ context.Context, role, principal string, _ policy.Context, needs []service.Need) error {
	if role != queryRole || principal != "logs.amazonaws.com" {
		return &smithy.GenericAPIError{Code: "AccessDenied", Message: fmt.Sprintf("%s may not %s %s", role, needs[0].Action, needs[0].Resource)}
	}
	return nil
}

// unchecked lets a client send what lacks required members.
func unchecked(stack *middleware.Stack) error {
	if _, ok := stack.Initialize.Get("OperationInputValidation"); !ok {
		return nil
	}
	_, err := stack.Initialize.Remove("OperationInputValidation")
	return err
}

// must gives an answer that may not be an error.
func must[T any](t *testing.T) func(out T, err error) T {
	t.Helper()
	return func(out T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

// fault is an error's code as the SDK's types have it, and its text.
func fault(err error) string {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return fmt.Sprint(err)
	}
	return plainCode(api) + ": " + api.ErrorMessage()
}

// plainCode is the code of Query, by which the three protocols are alike.
func plainCode(err smithy.APIError) string {
	switch code := err.ErrorCode(); code {
	case "ValidationException":
		return "ValidationError"
	case "InvalidParameterValueException":
		return "InvalidParameterValue"
	case "InvalidParameterCombinationException":
		return "InvalidParameterCombination"
	case "MissingRequiredParameterException":
		return "MissingParameter"
	case "InvalidFormatFault":
		return "InvalidFormat"
	case "AccessDeniedException":
		return "AccessDenied"
	case "DashboardInvalidInputError":
		return "InvalidParameterInput"
	case "DashboardNotFoundError":
		return "ResourceNotFound"
	default:
		return code
	}
}

// publish publishes a value of one metric of the namespace App.
func (b *bench) publish(t *testing.T, name string, value float64, at time.Time, dimensions ...types.Dimension) {
	t.Helper()
	must[*api.PutMetricDataOutput](t)(b.PutMetricData(b.ctx, &api.PutMetricDataInput{
		Namespace:  aws.String("App"),
		MetricData: []types.MetricDatum{{MetricName: &name, Value: &value, Timestamp: &at, Dimensions: dimensions}},
	}))
}

// watch is an alarm on the sum over a minute of a metric of the namespace App.
func watch(name, metric string) *api.PutMetricAlarmInput {
	return &api.PutMetricAlarmInput{
		AlarmName: &name, Namespace: aws.String("App"), MetricName: &metric, Statistic: types.StatisticSum,
		Period: aws.Int32(60), EvaluationPeriods: aws.Int32(1), Threshold: aws.Float64(1),
		ComparisonOperator: types.ComparisonOperatorGreaterThanOrEqualToThreshold,
	}
}

func (b *bench) putAlarm(t *testing.T, in *api.PutMetricAlarmInput) {
	t.Helper()
	must[*api.PutMetricAlarmOutput](t)(b.PutMetricAlarm(b.ctx, in))
}

// alarm is a metric alarm as it is described.
func (b *bench) alarm(t *testing.T, name string) types.MetricAlarm {
	t.Helper()
	out := must[*api.DescribeAlarmsOutput](t)(b.DescribeAlarms(b.ctx, &api.DescribeAlarmsInput{AlarmNames: []string{name}}))
	if len(out.MetricAlarms) != 1 {
		t.Fatalf("%d alarms have the name %s", len(out.MetricAlarms), name)
	}
	return out.MetricAlarms[0]
}

func dim(name, value string) types.Dimension {
	return types.Dimension{Name: &name, Value: &value}
}

// document passes over the members that the SDK's types have for themselves.
var document = cmp.FilterPath(func(p cmp.Path) bool {
	return p.Last().String() == ".noSmithyDocumentSerde" || p.Last().String() == ".ResultMetadata"
}, cmp.Ignore())
