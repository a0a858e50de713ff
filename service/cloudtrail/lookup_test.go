package cloudtrail_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"tocsin/core/event"
	"tocsin/service"
	"tocsin/service/cloudtrail"
)

// add puts an event into the operator's log group.
func (w *world) add(t testing.TB, at time.Time, id int, members string) {
	t.Helper()
	eventID := fmt.Sprintf("11111111-0000-4000-8000-%012d", id)
	body := fmt.Sprintf(`{"eventVersion":"1.08","eventTime":%q,"eventID":%q,%s}`, at.UTC().Format(time.RFC3339), eventID, members)
	key, _ := event.IDOf(event.Value{Kind: event.String, Raw: []byte(eventID)})
	if err := w.logs.put(t.Context(), w.own.ID, "s", []cloudtrail.LogEvent{{Time: at, ID: key, Message: []byte(body)}}); err != nil {
		t.Fatal(err)
	}
}

func TestLookupEvents(t *testing.T) {
	at := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	twice(t, func(t *testing.T, ctx context.Context, w *world, c api) {
		const other = `"awsRegion":"eu-west-1","recipientAccountId":"111122223333","eventCategory":"Management",`
		w.add(t, at, 1, other+`"eventName":"CreateUser","eventSource":"iam.amazonaws.com","readOnly":false,"userIdentity":{"type":"IAMUser","userName":"ann","accessKeyId":"AKIAANN"},"requestParameters":{"userName":"bob"}`)
		w.add(t, at.Add(time.Second), 2, other+`"eventName":"AssumeRole","eventSource":"sts.amazonaws.com","readOnly":true,"userIdentity":{"type":"AssumedRole","arn":"arn:aws:sts::111122223333:assumed-role/r/session"},"resources":[{"ARN":"arn:aws:iam::111122223333:role/r","accountId":"111122223333","type":"AWS::IAM::Role"}]`)
		w.add(t, at.Add(2*time.Second), 3, `"eventName":"GetObject","eventSource":"s3.amazonaws.com","eventCategory":"Data","userIdentity":{"type":"Root"}`)
		w.add(t, at.Add(3*time.Second), 4, `"eventType":"AwsCloudTrailInsight","eventCategory":"Insight","insightDetails":{"eventName":"RunInstances","eventSource":"ec2.amazonaws.com","state":"Start"}`)
		w.add(t, at.Add(4*time.Second), 5, `"eventName":"ConsoleLogin","eventSource":"signin.amazonaws.com","userIdentity":{"type":"Root"}`)
		w.called(t, "CreateTopic") // found at once, by the call that follows

		for _, q := range []struct {
			in   sdk.LookupEventsInput
			want string
		}{
			{sdk.LookupEventsInput{}, "CreateTopic ConsoleLogin AssumeRole CreateUser"},
			{sdk.LookupEventsInput{EndTime: aws.Time(at.Add(time.Second))}, "AssumeRole CreateUser"},
			{sdk.LookupEventsInput{StartTime: aws.Time(at.Add(time.Second)), EndTime: aws.Time(at.Add(time.Hour))}, "ConsoleLogin AssumeRole"},
			{sdk.LookupEventsInput{EventCategory: "insight"}, "RunInstances"},
			{sdk.LookupEventsInput{EventCategory: "insight", LookupAttributes: by("EventName", "Other")}, ""},
			{sdk.LookupEventsInput{EventCategory: "insight", LookupAttributes: by("EventSource", "ec2.amazonaws.com")}, "RunInstances"},
			{sdk.LookupEventsInput{LookupAttributes: by("EventName", "CreateUser")}, "CreateUser"},
			{sdk.LookupEventsInput{LookupAttributes: by("EventName", "createuser")}, ""},
			{sdk.LookupEventsInput{LookupAttributes: by("EventId", "11111111-0000-4000-8000-000000000002")}, "AssumeRole"},
			{sdk.LookupEventsInput{LookupAttributes: by("ReadOnly", "true")}, "AssumeRole"},
			{sdk.LookupEventsInput{LookupAttributes: by("Username", "ann")}, "CreateUser"},
			{sdk.LookupEventsInput{LookupAttributes: by("Username", "session")}, "AssumeRole"},
			{sdk.LookupEventsInput{LookupAttributes: by("Username", "root")}, "CreateTopic ConsoleLogin"},
			{sdk.LookupEventsInput{LookupAttributes: by("ResourceType", "AWS::IAM::Role")}, "AssumeRole"},
			{sdk.LookupEventsInput{LookupAttributes: by("ResourceName", "r")}, "AssumeRole"},
			{sdk.LookupEventsInput{LookupAttributes: by("EventSource", "iam.amazonaws.com")}, "CreateUser"},
			{sdk.LookupEventsInput{LookupAttributes: by("AccessKeyId", "AKIAANN")}, "CreateUser"},
		} {
			var names []string
			for _, e := range must[*sdk.LookupEventsOutput](t)(c.LookupEvents(ctx, &q.in)).Events {
				names = append(names, *e.EventName)
			}
			if got := strings.Join(names, " "); got != q.want {
				t.Errorf("%+v finds %q, want %q", q.in, got, q.want)
			}
		}

		one := must[*sdk.LookupEventsOutput](t)(c.LookupEvents(ctx, &sdk.LookupEventsInput{LookupAttributes: by("EventName", "CreateUser")})).Events[0]
		record := *one.CloudTrailEvent
		one.CloudTrailEvent = nil
		equal(t, "event", types.Event{
			EventId: aws.String("11111111-0000-4000-8000-000000000001"), EventName: aws.String("CreateUser"), EventSource: aws.String("iam.amazonaws.com"), ReadOnly: aws.String("false"),
			EventTime: aws.Time(at), Username: aws.String("ann"), AccessKeyId: aws.String("AKIAANN"), Resources: []types.Resource{{ResourceName: aws.String("bob"), ResourceType: aws.String("AWS::IAM::User")}},
		}, one, ignore)
		if !strings.HasPrefix(record, `{"eventVersion":"1.08"`) || !strings.HasSuffix(record, "}") {
			t.Error(record)
		}
	})
}

func by(key types.LookupAttributeKey, v string) []types.LookupAttribute {
	return []types.LookupAttribute{{AttributeKey: key, AttributeValue: &v}}
}

// Pages hold fifty, with data events left out, and go through all without gaps.
func TestLookupPages(t *testing.T) {
	twice(t, func(t *testing.T, ctx context.Context, w *world, c api) {
		at := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
		var want []string
		for i := range 260 {
			category := "Management"
			if i%2 == 1 {
				category = "Data"
			} else {
				want = append(want, fmt.Sprintf("11111111-0000-4000-8000-%012d", i))
			}
			w.add(t, at.Add(time.Duration(i/3)*time.Second), i, fmt.Sprintf(`"eventName":"E","eventSource":"x.amazonaws.com","eventCategory":%q`, category))
		}
		var got []string
		var sizes []int
		pages := sdk.NewLookupEventsPaginator(c, &sdk.LookupEventsInput{})
		for pages.HasMorePages() {
			page := must[*sdk.LookupEventsOutput](t)(pages.NextPage(ctx))
			sizes = append(sizes, len(page.Events))
			for _, e := range page.Events {
				got = append(got, *e.EventId)
			}
		}
		equal(t, "sizes", []int{50, 50, 30}, sizes)
		slices.Sort(got)
		equal(t, "events", want, got)

		first := must[*sdk.LookupEventsOutput](t)(c.LookupEvents(ctx, &sdk.LookupEventsInput{}))
		if _, err := c.LookupEvents(ctx, &sdk.LookupEventsInput{NextToken: first.NextToken, LookupAttributes: by("EventName", "E")}); code(err) != "InvalidNextTokenException" {
			t.Error("a token of another request:", err)
		}
	})
}

func TestLookupWithinAWSLimits(t *testing.T) {
	w := newWorld(t, func(o *cloudtrail.Options) { o.AWSLimits = true })
	const mine = `"recipientAccountId":"123456789012","awsRegion":"eu-central-1",`
	w.add(t, w.Now().Add(-time.Hour), 1, mine+`"eventName":"Mine"`)
	w.add(t, w.Now().Add(-91*24*time.Hour), 2, mine+`"eventName":"Old"`)
	w.add(t, w.Now().Add(-time.Hour), 3, `"recipientAccountId":"123456789012","awsRegion":"eu-west-1","eventName":"Region"`)
	w.add(t, w.Now().Add(-time.Hour), 4, `"recipientAccountId":"111122223333","awsRegion":"eu-central-1","eventName":"Account"`)
	for range 2 {
		got := must[*sdk.LookupEventsOutput](t)(w.LookupEvents(w.Context(t), &sdk.LookupEventsInput{})).Events
		if len(got) != 1 || *got[0].EventName != "Mine" {
			t.Errorf("%+v", got)
		}
	}
	_, err := w.LookupEvents(w.Context(t), &sdk.LookupEventsInput{})
	if code(err) != "ThrottlingException" || !strings.HasSuffix(err.Error(), "Rate exceeded") {
		t.Error("the third call of a second:", err)
	}
	w.Advance(time.Second)
	must[*sdk.LookupEventsOutput](t)(w.LookupEvents(w.Context(t), &sdk.LookupEventsInput{}))
}

// Calls of the same second come back in their order.
func TestLookupOrderWithinASecond(t *testing.T) {
	w := newWorld(t, func(o *cloudtrail.Options) { o.NewID = nil })
	want := []string{"A", "B", "C", "D", "E", "F", "G", "H"}
	for _, name := range want {
		if err := w.Record(t.Context(), service.Record{Caller: w.Caller(), Source: "sns.amazonaws.com", Name: name}); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, e := range must[*sdk.LookupEventsOutput](t)(w.LookupEvents(w.Context(t), &sdk.LookupEventsInput{})).Events {
		got = append(got, *e.EventName)
	}
	slices.Reverse(got)
	equal(t, "order", want, got)
}
