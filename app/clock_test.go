package app

import (
	"encoding/json"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awscloudwatch "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"

	"tocsin/internal/sdkhttp"
	"tocsin/web/api"
)

// clients are those of the root of an app.
func clients(a *App) (*awscloudwatch.Client, *awssns.Client) {
	config := aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String(a.ListenURL()), HTTPClient: sdkhttp.Client(nil), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider(a.First().RootKey.ID, a.First().RootKey.Secret, ""),
	}
	return awscloudwatch.NewFromConfig(config), awssns.NewFromConfig(config)
}

// On a clock that is moved by hand, what takes minutes is done when the move is:
// an alarm that rang is silent again, and who has to know was told both.
func TestTheClockIsMoved(t *testing.T) {
	hook := &hook{}
	receiver := httptest.NewServer(hook)
	defer receiver.Close()
	c := configured(t, "clock: manual\npack: none\nallow_networks: [127.0.0.0/8]\n")
	a, _ := launch(t, c, Options{})
	ctx := t.Context()
	alarms, topics := clients(a)
	topic, err := topics.CreateTopic(ctx, &awssns.CreateTopicInput{Name: aws.String("rehearsal")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := topics.Subscribe(ctx, &awssns.SubscribeInput{TopicArn: topic.TopicArn, Protocol: aws.String("http"), Endpoint: aws.String(receiver.URL)}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the endpoint confirms", func() bool { return confirmed(t, a) == 1 })
	if _, err := alarms.PutMetricAlarm(ctx, &awscloudwatch.PutMetricAlarmInput{
		AlarmName: aws.String("calls"), Namespace: aws.String("Test"), MetricName: aws.String("Calls"), Statistic: types.StatisticSum, Period: aws.Int32(60),
		EvaluationPeriods: aws.Int32(1), Threshold: aws.Float64(1), ComparisonOperator: types.ComparisonOperatorGreaterThanOrEqualToThreshold,
		TreatMissingData: aws.String("notBreaching"), AlarmActions: []string{*topic.TopicArn}, OKActions: []string{*topic.TopicArn},
	}); err != nil {
		t.Fatal(err)
	}
	state := func() types.StateValue {
		t.Helper()
		found, err := alarms.DescribeAlarms(ctx, &awscloudwatch.DescribeAlarmsInput{AlarmNames: []string{"calls"}})
		if err != nil || len(found.MetricAlarms) != 1 {
			t.Fatal(err, found)
		}
		return found.MetricAlarms[0].StateValue
	}
	eventually(t, "the endpoint is told that all is well", func() bool { return len(hook.told()) == 1 })
	if _, err := alarms.PutMetricData(ctx, &awscloudwatch.PutMetricDataInput{
		Namespace: aws.String("Test"), MetricData: []types.MetricDatum{{MetricName: aws.String("Calls"), Value: aws.Float64(1)}},
	}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the endpoint is told that it rings", func() bool { return len(hook.told()) == 2 })
	if got := state(); got != types.StateValueAlarm {
		t.Errorf("the endpoint is told, and the alarm is in %s", got)
	}

	before := a.clock.Now()
	answer, err := a.MoveClock(ctx, api.ClockRequest{Advance: "10m"})
	if err != nil || !answer.Settled || !answer.Now.Equal(before.Add(10*time.Minute)) {
		t.Fatalf("advancing by ten minutes from %v: %+v, %v", before, answer, err)
	}
	if got := state(); got != types.StateValueOk {
		t.Errorf("ten minutes later the alarm is in %s", got)
	}
	var subjects []string
	for _, d := range hook.told() {
		subjects = append(subjects, strings.SplitN(d.Subject, " in ", 2)[0])
	}
	if got := strings.Join(subjects, ", "); got != `OK: "calls", ALARM: "calls", OK: "calls"` {
		t.Errorf("when the clock had been moved, the endpoint had been told %s", got)
	}
	var notice struct{ StateChangeTime string }
	if err := json.Unmarshal([]byte(hook.told()[2].Message), &notice); err != nil {
		t.Fatal(err)
	}
	at, err := time.Parse("2006-01-02T15:04:05.000-0700", notice.StateChangeTime)
	if err != nil || at.Before(before) || at.After(answer.Now) {
		t.Errorf("the alarm went back to OK at %s (%v), which is not between %v and %v", notice.StateChangeTime, err, before, answer.Now)
	}
}

// It goes forward only, and a new start does not change what it says.
func TestTheClockDoesNotGoBack(t *testing.T) {
	c := configured(t, "clock: manual\npack: none\n")
	began := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	a, stop := launch(t, c, Options{Now: func() time.Time { return began }})
	ctx := t.Context()
	for _, test := range []struct {
		r    api.ClockRequest
		want string // of the time, or of the refusal
	}{
		{api.ClockRequest{}, "2026-07-01T12:00:00Z"},
		{api.ClockRequest{Advance: "0s"}, "2026-07-01T12:00:00Z"},
		{api.ClockRequest{Advance: "90s"}, "2026-07-01T12:01:30Z"},
		{api.ClockRequest{To: began.Add(time.Hour)}, "2026-07-01T13:00:00Z"},
		{api.ClockRequest{To: began}, "the clock says 2026-07-01T13:00:00Z, and does not go back"},
		{api.ClockRequest{Advance: "-1s"}, "the clock says 2026-07-01T13:00:00Z, and does not go back"},
		{api.ClockRequest{Advance: "1 hour"}, `"1 hour" is no length of time: write 30s, 5m or 1h30m`},
		{api.ClockRequest{Advance: "1h", To: began.Add(2 * time.Hour)}, "say advance or to, not both"},
		{api.ClockRequest{Advance: "169h"}, "the clock goes forward seven days at a time"},
		{api.ClockRequest{}, "2026-07-01T13:00:00Z"},
	} {
		answer, err := a.MoveClock(ctx, test.r)
		got := answer.Now.Format(time.RFC3339)
		if refused := (*api.RequestError)(nil); errors.As(err, &refused) {
			got = refused.Message
		} else if err != nil || !answer.Settled {
			t.Errorf("%+v: %+v, %v", test.r, answer, err)
		}
		if got != test.want {
			t.Errorf("%+v: %s, want %s", test.r, got, test.want)
		}
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}

	// The time of a new start does not matter: it goes on where it stood.
	for _, start := range []time.Time{began.AddDate(1, 0, 0), began.AddDate(-1, 0, 0)} {
		a, stop := launch(t, c, Options{Now: func() time.Time { return start }})
		answer, err := a.MoveClock(ctx, api.ClockRequest{})
		if err != nil || !answer.Now.Equal(began.Add(time.Hour)) {
			t.Errorf("started again in %d, the clock says %v (%v)", start.Year(), answer.Now, err)
		}
		if err := stop(); err != nil {
			t.Fatal(err)
		}
	}
}

// A clock that is the system's is nobody's to move, by the app or over HTTP.
func TestTheSystemsClockIsNotMoved(t *testing.T) {
	a, _ := launch(t, configured(t, "pack: none\n"), Options{})
	var refused *api.RequestError
	if _, err := a.MoveClock(t.Context(), api.ClockRequest{Advance: "1m"}); !errors.As(err, &refused) || !strings.Contains(refused.Message, "--clock manual") {
		t.Errorf("moving the system's clock: %v", err)
	}
	key := a.First().RootKey
	client, err := api.NewClient(a.ListenURL(), credentials.NewStaticCredentialsProvider(key.ID, key.Secret, ""), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Clock(t.Context(), api.ClockRequest{Advance: "1m"}); !errors.As(err, &refused) || !strings.Contains(refused.Message, "--clock manual") {
		t.Errorf("moving the system's clock over HTTP: %v", err)
	}
}
