package app

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscloudtrail "github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	awscloudwatch "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"

	"tocsin/core/policy"
	"tocsin/internal/sdkhttp"
	"tocsin/service"
	"tocsin/service/s3"
)

// needNothing are the operations that anybody with a key may call [Service
// Authorization Reference, AWS STS].
var needNothing = []string{"sts.GetCallerIdentity", "sts.GetSessionToken"}

// named are what calls are about, all of it of the caller's account, by the
// members of inputs and, where a member is of several services, by its package.
var named = map[string]string{
	"Bucket": "bucket", "Key": "bucket", "UploadId": "id", "CopySource": "bucket/bucket",
	"TopicArn": "arn:aws:sns:eu-central-1:123456789012:t", "SubscriptionArn": "arn:aws:sns:eu-central-1:123456789012:t:0f8f4a3b-0000-4000-8000-000000000000",
	"PolicyArn": "arn:aws:iam::123456789012:policy/p", "RoleArn": "arn:aws:iam::123456789012:role/r", "PolicySourceArn": "arn:aws:iam::123456789012:user/u",
	"LogGroupName": "group", "LogGroupIdentifier": "group", "LogStreamName": "stream", "LogGroupIdentifiers": "arn:aws:logs:eu-central-1:123456789012:log-group:group",
	"sns.ResourceArn": "arn:aws:sns:eu-central-1:123456789012:t", "cloudwatchlogs.ResourceArn": "arn:aws:logs:eu-central-1:123456789012:log-group:group",
	"cloudwatch.ResourceARN": "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:a", "Label": "label", "Protocol": "email",
	"RoleSessionName": "session", "Name": "name", "TopicName": "name", "AlarmName": "name", "UserName": "name", "GroupName": "name", "RoleName": "name",
	"PolicyName": "name", "AlarmNames": "name", "DashboardNames": "name", "AlarmMuteRuleName": "name", "DashboardName": "name", "AccessKeyId": "AKIAIOSFODNN7OTHERS", "Channel": "channel",
	"TrailName": "trail", "ResourceId": "arn:aws:cloudtrail:eu-central-1:123456789012:trail/trail", "ResourceIdList": "arn:aws:cloudtrail:eu-central-1:123456789012:trail/trail",
	"Namespace": "space",
}

// aboutSomething fills in what an input is about, and nothing else.
func aboutSomething(in reflect.Value) {
	path := in.Type().PkgPath()
	_, both := in.Type().FieldByName("LogGroupName")
	for i := range in.NumField() {
		f, name := in.Field(i), in.Type().Field(i).Name
		text, ok := named[path[strings.LastIndexByte(path, '/')+1:]+"."+name]
		if !ok {
			text, ok = named[name]
		}
		one := int32(1)
		switch {
		case name == "LogGroupIdentifier" && both:
		case name == "PartNumber" && f.Type() == reflect.TypeFor[*int32]():
			f.Set(reflect.ValueOf(&one))
		case !ok:
		case f.Type() == reflect.TypeFor[*string]():
			f.Set(reflect.ValueOf(&text))
		case f.Type() == reflect.TypeFor[[]string]():
			f.Set(reflect.ValueOf([]string{text}))
		}
	}
}

// unchecked lets a client send what it would refuse itself.
func unchecked(stack *middleware.Stack) error {
	if _, ok := stack.Initialize.Get("OperationInputValidation"); !ok {
		return nil
	}
	_, err := stack.Initialize.Remove("OperationInputValidation")
	return err
}

// Each operation of each service says what it needs, and nobody without
// policies may call it.
func TestEveryOperationNeedsRights(t *testing.T) {
	w := newWorld(t)
	few := w.user("few", "")
	config := w.config(few)
	config.APIOptions = append(config.APIOptions, unchecked)
	// Some clients put a word before the host.
	config.HTTPClient = sdkhttp.Client(&http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, w.host)
	}}})
	if _, err := w.s3(testRoot).CreateBucket(t.Context(), &awss3.CreateBucketInput{Bucket: aws.String("bucket"), CreateBucketConfiguration: bucketIn()}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.s3(testRoot).PutObject(t.Context(), &awss3.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String("bucket"), Body: strings.NewReader("v")}); err != nil {
		t.Fatal(err)
	}
	caller := service.Caller{
		Scope: w.app.config.Scope(), UserName: "few",
		Principal: policy.Principal{Type: policy.User, ARN: "arn:aws:iam::123456789012:user/few", ID: "AIDAEXAMPLE"},
	}
	before := w.things()
	for _, s := range []struct {
		name   string
		client any
		ours   []string
	}{
		{"cloudtrail", awscloudtrail.NewFromConfig(config), nil},
		{"cloudwatch", awscloudwatch.NewFromConfig(config), nil},
		{"cloudwatchlogs", awslogs.NewFromConfig(config), nil},
		{"iam", awsiam.NewFromConfig(config), nil},
		{"s3", awss3.NewFromConfig(config, func(o *awss3.Options) { o.UsePathStyle = true }), s3.Operations()},
		{"sns", awssns.NewFromConfig(config), nil},
		{"sts", awssts.NewFromConfig(config), nil},
	} {
		authorizer := w.app.services.authorizers[authorizerOf(w.app.services, s.name)]
		if s.ours == nil {
			if authorizer == nil {
				t.Errorf("%s has no authorizer", s.name)
				continue
			}
			s.ours = operations(authorizer)
		}
		client := reflect.ValueOf(s.client)
		for _, operation := range s.ours {
			method := client.MethodByName(operation)
			if !method.IsValid() {
				continue // no operation of the client's: no client can call it
			}
			if s.name+"."+operation == "s3.DeleteObjects" {
				continue // each key is asked for: TestNoMoreThanAllowed
			}
			t.Run(s.name+"."+operation, func(t *testing.T) {
				in := reflect.New(method.Type().In(1).Elem())
				aboutSomething(in.Elem())
				free := slices.Contains(needNothing, s.name+"."+operation)
				if authorizer != nil {
					needs, err := authorizer.Needs(service.WithCaller(context.Background(), caller), operation, in.Interface())
					if err == nil && (len(needs) == 0) != free {
						t.Errorf("it needs %v", needs)
					}
					for _, n := range needs {
						if n.Action == "" || n.Resource == "" {
							t.Errorf("a need without action or resource: %+v", n)
						}
					}
				}
				results := method.Call([]reflect.Value{reflect.ValueOf(t.Context()), in})
				err, _ := results[1].Interface().(error)
				if denied := isDenied(err); denied == free {
					text, _ := json.Marshal(in.Interface())
					t.Errorf("somebody without rights gets %v\n%s", err, text)
				}
			})
		}
	}
	if after := w.things(); after != before {
		t.Errorf("there was\n%s\nand now is\n%s", before, after)
	}
}

// authorizerOf is the name of the model of a service.
func authorizerOf(e *endpoint, name string) string {
	for known := range e.authorizers {
		if strings.EqualFold(strings.ReplaceAll(known, " ", ""), name) {
			return known
		}
	}
	return ""
}

// isDenied tells AWS's refusals of what is not allowed; S3's answers to HEAD have
// their status only.
func isDenied(err error) bool {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return false
	}
	var answered interface{ HTTPStatusCode() int }
	return slices.Contains([]string{"AccessDenied", "AccessDeniedException", "AuthorizationError", "AuthorizationErrorException", "InvalidClientTokenId"}, api.ErrorCode()) ||
		errors.As(err, &answered) && answered.HTTPStatusCode() == http.StatusForbidden
}
