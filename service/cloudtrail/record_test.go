package cloudtrail_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	trailtypes "github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	watch "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"

	"tocsin/core/event"
	"tocsin/core/policy"
	"tocsin/service"
	"tocsin/service/cloudtrail"
	"tocsin/store/state"
	"tocsin/wire"
)

var callTime = time.Date(2026, 7, 1, 12, 0, 0, 5e8, time.UTC)

func callerOf(p policy.Principal, change ...func(*service.Caller)) service.Caller {
	c := service.Caller{
		Principal: p, AccessKeyID: "AKIAIOSFODNN7EXAMPLE", Scope: state.Scope{Partition: "aws", Account: "123456789012", Region: "eu-central-1"},
		Time: callTime, RequestID: "7f3f2b9c-1c4b-4d8e-9a35-2f1f0e6d7c11", SourceIP: netip.MustParseAddr("::ffff:192.0.2.1"), UserAgent: "aws-cli/2.31.0", Endpoint: "https://tocsin.example:4566", TLS: true,
	}
	for _, f := range change {
		f(&c)
	}
	return c
}

var (
	root    = policy.Principal{Type: policy.Root, ARN: "arn:aws:iam::123456789012:root", ID: "123456789012"}
	ann     = policy.Principal{Type: policy.User, ARN: "arn:aws:iam::123456789012:user/dev/ann", ID: "AIDAEXAMPLE"}
	session = policy.Principal{Type: policy.RoleSession, ARN: "arn:aws:sts::123456789012:assumed-role/deploy/ci", ID: "AROAEXAMPLE:ci", Role: "arn:aws:iam::123456789012:role/deploy"}
)

// calls are calls with the records that testdata/records.txt holds.
var calls = []struct {
	name   string
	caller service.Caller
	call   wire.Call
}{
	{"a root call that makes something", callerOf(root), wire.Call{
		Service: "cloudtrail", Operation: "CreateTrail",
		Input:  &sdk.CreateTrailInput{Name: aws.String("main"), S3BucketName: aws.String("logs"), IsMultiRegionTrail: aws.Bool(true), TagsList: []trailtypes.Tag{{Key: aws.String("team"), Value: aws.String("<security>")}}},
		Output: &sdk.CreateTrailOutput{Name: aws.String("main"), TrailARN: aws.String(arn), IsMultiRegionTrail: aws.Bool(true)},
	}},
	{"a user reads: no response elements", callerOf(ann), wire.Call{
		Service: "sns", Operation: "GetTopicAttributes", Input: &sns.GetTopicAttributesInput{TopicArn: aws.String("arn:aws:sns:eu-central-1:123456789012:alarms")},
		Output: &sns.GetTopicAttributesOutput{Attributes: map[string]string{"Policy": "{}"}},
	}},
	{"a call without parameters", callerOf(ann, func(c *service.Caller) { c.TLS = false }), wire.Call{Service: "sns", Operation: "ListTopics", Input: &sns.ListTopicsInput{}}},
	{"a session is denied: no request parameters", callerOf(session, func(c *service.Caller) {
		c.AccessKeyID = "ASIAEXAMPLE"
		c.Session = &service.Session{IssuerARN: session.Role, IssuerID: "AROAEXAMPLE", IssuerName: "deploy", Created: callTime.Add(-time.Hour)}
	}), wire.Call{
		Service: "sns", Operation: "DeleteTopic", Input: &sns.DeleteTopicInput{TopicArn: aws.String("arn")},
		Err: &smithy.GenericAPIError{Code: "AccessDenied", Message: "User: arn:aws:sts::123456789012:assumed-role/deploy/ci is not authorized to perform: SNS:DeleteTopic"},
	}},
	{"denied, as JSON says it", callerOf(ann), wire.Call{
		Service: "cloudwatchlogs", Operation: "DescribeLogGroups", Input: &cloudwatchlogs.DescribeLogGroupsInput{},
		Err: &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "no"},
	}},
	{"IAM is in the first Region; a modelled error has the name of its type", callerOf(ann), wire.Call{
		Service: "iam", Operation: "GetUser", Input: &iam.GetUserInput{UserName: aws.String("bob")}, Err: &iamtypes.NoSuchEntityException{Message: aws.String("The user with name bob cannot be found.")},
	}},
	{"a secret key is not told", callerOf(root), wire.Call{
		Service: "iam", Operation: "CreateAccessKey", Input: &iam.CreateAccessKeyInput{UserName: aws.String("bob")},
		Output: &iam.CreateAccessKeyOutput{AccessKey: &iamtypes.AccessKey{AccessKeyId: aws.String("AKIANEW"), SecretAccessKey: aws.String("SECRET"), Status: "Active", UserName: aws.String("bob"), CreateDate: aws.Time(callTime)}},
	}},
	{"a role's credentials", callerOf(ann), wire.Call{
		Service: "sts", Operation: "AssumeRole", Input: &sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::123456789012:role/deploy"), RoleSessionName: aws.String("ci"), DurationSeconds: aws.Int32(900)},
		Output: &sts.AssumeRoleOutput{Credentials: &ststypes.Credentials{AccessKeyId: aws.String("ASIANEW"), SecretAccessKey: aws.String("SECRET"), SessionToken: aws.String("SECRET"), Expiration: aws.Time(callTime.Add(15 * time.Minute))}, AssumedRoleUser: &ststypes.AssumedRoleUser{Arn: &session.ARN, AssumedRoleId: &session.ID}},
	}},
	{"a password is not told", callerOf(root), wire.Call{
		Service: "iam", Operation: "CreateLoginProfile", Input: &iam.CreateLoginProfileInput{UserName: aws.String("bob"), Password: aws.String("SECRET"), PasswordResetRequired: true},
		Output: &iam.CreateLoginProfileOutput{LoginProfile: &iamtypes.LoginProfile{UserName: aws.String("bob"), CreateDate: aws.Time(callTime), PasswordResetRequired: true}},
	}},
	{"a token of a subscription is hidden", callerOf(ann), wire.Call{
		Service: "sns", Operation: "ConfirmSubscription", Input: &sns.ConfirmSubscriptionInput{TopicArn: aws.String("t"), Token: aws.String("SECRET")},
		Output: &sns.ConfirmSubscriptionOutput{SubscriptionArn: aws.String("t:s")},
	}},
	{"of an address only the host is told", callerOf(ann), wire.Call{
		Service: "sns", Operation: "Subscribe", Input: &sns.SubscribeInput{TopicArn: aws.String("t"), Protocol: aws.String("https"), Endpoint: aws.String("https://SECRET:SECRET@hooks.example:8443/SECRET?k=SECRET")},
		Output: &sns.SubscribeOutput{SubscriptionArn: aws.String("pending confirmation")},
	}},
	{"of a filter's destination only the host is told", callerOf(ann), wire.Call{
		Service: "cloudwatchlogs", Operation: "PutSubscriptionFilter", Input: &cloudwatchlogs.PutSubscriptionFilterInput{LogGroupName: aws.String("g"), FilterName: aws.String("f"), FilterPattern: aws.String(""), DestinationArn: aws.String("https://SECRET:SECRET@hooks.example/SECRET")},
		Output: &cloudwatchlogs.PutSubscriptionFilterOutput{},
	}},
	{"messages are hidden, and are data", callerOf(ann), wire.Call{
		Service: "sns", Operation: "Publish", Input: &sns.PublishInput{TopicArn: aws.String("t"), Message: aws.String("SECRET"), Subject: aws.String("SECRET"), MessageAttributes: map[string]snstypes.MessageAttributeValue{"SECRET": {DataType: aws.String("String")}}},
		Output: &sns.PublishOutput{MessageId: aws.String("id")},
	}},
	{"numbers, lists and maps", callerOf(ann), wire.Call{
		Service: "cloudwatch", Operation: "PutMetricAlarm", Input: &cloudwatch.PutMetricAlarmInput{
			AlarmName: aws.String("a"), Threshold: aws.Float64(1.5), Period: aws.Int32(60), AlarmActions: []string{"t"}, Statistic: watch.StatisticSum, ActionsEnabled: aws.Bool(false),
			Dimensions: []watch.Dimension{{Name: aws.String("d"), Value: aws.String("v")}},
		}, Output: &cloudwatch.PutMetricAlarmOutput{},
	}},
	{"a key that nobody knows", service.Caller{AccessKeyID: "AKIAWRONG", Scope: callerOf(root).Scope, Time: callTime, SourceIP: netip.MustParseAddr("2001:db8::1")}, wire.Call{
		Service: "sts", Operation: "GetCallerIdentity", RequestID: "r", Err: &smithy.GenericAPIError{Code: "InvalidClientTokenId", Message: "The security token included in the request is invalid."},
	}},
	{"what went wrong here is not told", callerOf(ann), wire.Call{Service: "sns", Operation: "CreateTopic", Input: &sns.CreateTopicInput{Name: aws.String("t")}, Err: errors.New("SECRET cause")}},
	{"nobody knows the operation", callerOf(ann), wire.Call{Service: "sns", Err: &smithy.GenericAPIError{Code: "InvalidAction", Message: "Could not find operation Fly"}}},
	{"a service", callerOf(policy.Service("cloudtrail.amazonaws.com")), wire.Call{Service: "sns", Operation: "Publish"}},
}

// The records stand in testdata/records.txt, each as one line behind its name.
func TestRecords(t *testing.T) {
	want, err := os.ReadFile("testdata/records.txt")
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, c := range calls {
		r := cloudtrail.RecordOf(service.WithCaller(t.Context(), c.caller), &c.call)
		body, err := cloudtrail.NewRecord(r, "11111111-2222-4333-8444-555555555555")
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if bytes.Contains(body, []byte("SECRET")) {
			t.Errorf("%s: a secret in %s", c.name, body)
		}
		fmt.Fprintf(&got, "-- %s --\n%s\n", c.name, body)
	}
	if os.Getenv("TOCSIN_UPDATE") != "" {
		if err := os.WriteFile("testdata/records.txt", []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	equal(t, "records", strings.Split(string(want), "\n"), strings.Split(got.String(), "\n"))
}

// No member of any service whose name says that it is secret comes through.
func TestNoSecretIsShown(t *testing.T) {
	words := []string{"secretaccesskey", "sessiontoken", "password", "privatekey"}
	// They tell about a password and are none.
	harmless := []string{"passwordResetRequired", "passwordLastUsed", "minimumPasswordLength", "allowUsersToChangePassword", "maxPasswordAge", "passwordReusePrevention", "passwordPolicy", "smsTemplate", "maximumPasswordAge", "removePrivateKey"}
	var look func(path string, v reflect.Value, depth int)
	seen := map[reflect.Type]bool{}
	look = func(path string, v reflect.Value, depth int) {
		ty := v.Type()
		if ty.Kind() != reflect.Struct || seen[ty] || depth > 6 {
			return
		}
		seen[ty] = true
		for i := range ty.NumField() {
			f := ty.Field(i)
			inner := f.Type
			for inner.Kind() == reflect.Pointer || inner.Kind() == reflect.Slice {
				inner = inner.Elem()
			}
			if inner.Kind() == reflect.Struct {
				look(path+"."+f.Name, reflect.New(inner).Elem(), depth+1)
			}
			name := strings.ToLower(f.Name)
			if !slices.ContainsFunc(words, func(w string) bool { return strings.Contains(name, w) }) || slices.ContainsFunc(harmless, func(h string) bool { return strings.EqualFold(h, f.Name) }) {
				continue
			}
			one := reflect.New(ty).Elem()
			switch f.Type.Kind() {
			case reflect.String:
				one.Field(i).SetString("SECRET")
			case reflect.Pointer:
				if f.Type.Elem().Kind() != reflect.String {
					continue
				}
				one.Field(i).Set(reflect.ValueOf(aws.String("SECRET")))
			default:
				continue
			}
			shown, err := json.Marshal(cloudtrail.Parameters(one.Addr().Interface()))
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(shown, []byte("SECRET")) {
				t.Errorf("%s%s.%s is shown: %s", path, ty, f.Name, shown)
			}
		}
	}
	for _, client := range []any{(*sdk.Client)(nil), (*sns.Client)(nil), (*iam.Client)(nil), (*sts.Client)(nil), (*cloudwatch.Client)(nil), (*cloudwatchlogs.Client)(nil)} {
		ty := reflect.TypeOf(client)
		for i := range ty.NumMethod() {
			m := ty.Method(i).Type
			for _, of := range []reflect.Type{m.In(min(2, m.NumIn()-1)), m.Out(0)} {
				if of.Kind() == reflect.Pointer && of.Elem().Kind() == reflect.Struct {
					look("", reflect.New(of.Elem()).Elem(), 0)
				}
			}
		}
	}
	if len(seen) < 500 {
		t.Errorf("only %d types were looked at", len(seen))
	}
}

// What is too large is left out and marked, and a record stays below CloudTrail's 256 KB.
func TestLargeParametersAreCut(t *testing.T) {
	r := service.Record{Caller: callerOf(ann, func(c *service.Caller) { c.UserAgent = strings.Repeat("ü", 4000) }), Source: "iam.amazonaws.com", Name: "CreatePolicy", ErrorText: strings.Repeat("x", 5000)}
	r.Request = cloudtrail.Parameters(&iam.CreatePolicyInput{PolicyDocument: aws.String(strings.Repeat("<", 200<<10))})
	body, err := cloudtrail.NewRecord(r, "id")
	if err != nil {
		t.Fatal(err)
	}
	if len(body) > 256<<10 || !bytes.Contains(body, []byte(`"requestParameters":{"omitted":true}`)) || !event.Valid(body) {
		t.Errorf("%d bytes: %.300s", len(body), body)
	}
}

// What is read-only, and what is data.
func TestOperations(t *testing.T) {
	for call, want := range map[string]string{
		"cloudtrail LookupEvents": "read", "cloudtrail StopLogging": "write", "cloudwatch PutMetricData": "write data", "cloudwatch GetMetricData": "read data",
		"cloudwatch DescribeAlarms": "read", "cloudwatch SetAlarmState": "write", "cloudwatchlogs PutLogEvents": "write data", "cloudwatchlogs FilterLogEvents": "read",
		"cloudwatchlogs TestMetricFilter": "read", "sns Publish": "write data", "sns Subscribe": "write", "sns ListTopics": "read", "iam CreateUser": "write", "iam SimulatePrincipalPolicy": "read",
		"sts AssumeRole": "read", "sts GetSessionToken": "write", "sts GetCallerIdentity": "read", "x Fly": "write",
	} {
		model, name, _ := strings.Cut(call, " ")
		o := cloudtrail.OperationOf(model, name)
		got := map[bool]string{true: "read", false: "write"}[o.ReadOnly]
		if o.Data {
			got += " data"
		}
		if got != want {
			t.Errorf("%s: %s, want %s", call, got, want)
		}
	}
}

// Calls of nobody are recorded at a bounded rate, also while a manual clock stands still.
func TestCallsOfNobodyAreBounded(t *testing.T) {
	pace := time.Now()
	w := newWorld(t, func(o *cloudtrail.Options) { o.Pace = func() time.Time { return pace } })
	refused := service.Record{Source: "sns.amazonaws.com", Name: "ListTopics", ErrorCode: "InvalidClientTokenId", Caller: service.Caller{AccessKeyID: "AKIAWRONG"}}
	count := func() (n int) {
		err := w.State.View(t.Context(), func(tx *state.Tx) error {
			all, err := tx.OwnRecords(t.Context(), 0, 10000)
			n = len(all)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for range 300 {
		if err := w.Record(t.Context(), refused); err != nil {
			t.Fatal(err)
		}
	}
	if n := count(); n != 100 {
		t.Errorf("%d of 300 recorded", n)
	}
	pace = pace.Add(time.Second)
	for range 300 {
		if err := w.Record(t.Context(), refused); err != nil {
			t.Fatal(err)
		}
	}
	if n := count(); n != 110 {
		t.Errorf("%d recorded a second later", n)
	}
	w.called(t, "CreateTopic")
	if n := count(); n != 111 {
		t.Error("a known caller is held up by others")
	}
}

// A record is kept before the answer goes out: when it cannot be kept, that is told.
func TestRecordTellsWhenItCannotBeKept(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.Record(ctx, service.Record{Caller: w.Caller(), Source: "sns.amazonaws.com", Name: "CreateTopic"}); err == nil {
		t.Error("no error")
	}
}
