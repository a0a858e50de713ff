package cloudtrail_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"tocsin/core/policy"
	"tocsin/service"
)

func TestNeeds(t *testing.T) {
	w := newWorld(t)
	const other = "arn:aws:cloudtrail:eu-west-1:123456789012:trail/other"
	tag := []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}
	tags := policy.Context{"aws:TagKeys": {"k"}, "aws:RequestTag/k": {"v"}}
	for operation, c := range map[string]struct {
		input any
		want  []service.Need
	}{
		"StopLogging":    {&sdk.StopLoggingInput{Name: aws.String("main")}, []service.Need{{Action: "cloudtrail:StopLogging", Resource: arn}}},
		"DeleteTrail":    {&sdk.DeleteTrailInput{Name: aws.String(other)}, []service.Need{{Action: "cloudtrail:DeleteTrail", Resource: other}}},
		"LookupEvents":   {&sdk.LookupEventsInput{}, []service.Need{{Action: "cloudtrail:LookupEvents", Resource: "*"}}},
		"DescribeTrails": {&sdk.DescribeTrailsInput{TrailNameList: []string{"main"}}, []service.Need{{Action: "cloudtrail:DescribeTrails", Resource: "*"}}},
		"CreateTrail": {&sdk.CreateTrailInput{Name: aws.String("main"), TagsList: tag}, []service.Need{
			{Action: "cloudtrail:CreateTrail", Resource: arn, Context: tags}, {Action: "cloudtrail:AddTags", Resource: arn, Context: tags},
		}},
		"CreateChannel": {&sdk.CreateChannelInput{Name: aws.String("outside"), Tags: tag}, []service.Need{
			{Action: "cloudtrail:CreateChannel", Resource: "*", Context: tags}, {Action: "cloudtrail:AddTags", Resource: "*", Context: tags},
		}},
		"RemoveTags": {&sdk.RemoveTagsInput{ResourceId: aws.String(arn), TagsList: tag}, []service.Need{{Action: "cloudtrail:RemoveTags", Resource: arn, Context: policy.Context{"aws:TagKeys": {"k"}}}}},
		"ListTags":   {&sdk.ListTagsInput{ResourceIdList: []string{arn, other}}, []service.Need{{Action: "cloudtrail:ListTags", Resource: arn}, {Action: "cloudtrail:ListTags", Resource: other}}},
		"GetChannel": {&sdk.GetChannelInput{Channel: aws.String("id")}, []service.Need{{Action: "cloudtrail:GetChannel", Resource: "arn:aws:cloudtrail:eu-central-1:123456789012:channel/id"}}},
	} {
		got, err := w.Needs(w.Context(t), operation, c.input)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, operation, c.want, got)
	}
}

// The tags that a trail has decide, so that one that a tag protects goes on logging.
func TestNeedsTellTheTagsOfAThing(t *testing.T) {
	w := newWorld(t)
	ctx := w.Context(t)
	keep := []types.Tag{{Key: aws.String("keep"), Value: aws.String("yes")}}
	must[*sdk.CreateTrailOutput](t)(w.CreateTrail(ctx, &sdk.CreateTrailInput{Name: aws.String("main"), S3BucketName: aws.String("logs"), TagsList: keep}))
	channel := must[*sdk.CreateChannelOutput](t)(w.CreateChannel(ctx, &sdk.CreateChannelInput{
		Name: aws.String("outside"), Source: aws.String("Custom"), Tags: keep,
		Destinations: []types.Destination{{Type: types.DestinationTypeEventDataStore, Location: aws.String("here")}},
	}))
	id := (*channel.ChannelArn)[strings.LastIndexByte(*channel.ChannelArn, '/')+1:]
	for operation, c := range map[string]struct {
		input any
		want  []string
	}{
		"StopLogging":       {&sdk.StopLoggingInput{Name: aws.String("main")}, []string{"yes"}},
		"DeleteTrail":       {&sdk.DeleteTrailInput{Name: aws.String(arn)}, []string{"yes"}},
		"PutEventSelectors": {&sdk.PutEventSelectorsInput{TrailName: aws.String("main")}, []string{"yes"}},
		"RemoveTags":        {&sdk.RemoveTagsInput{ResourceId: aws.String(arn), TagsList: keep}, []string{"yes"}},
		"UpdateTrail":       {&sdk.UpdateTrailInput{Name: aws.String("other")}, nil},
		"DeleteChannel":     {&sdk.DeleteChannelInput{Channel: &id}, []string{"yes"}},
	} {
		needs, err := w.Needs(ctx, operation, c.input)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, operation, c.want, needs[0].Context["aws:ResourceTag/keep"])
	}
}

// Every operation needs something, and what names a trail needs it for that trail.
func TestEveryOperationNeedsSomething(t *testing.T) {
	w := newWorld(t)
	ty := reflect.TypeFor[api]()
	for i := range ty.NumMethod() {
		name := ty.Method(i).Name
		input := reflect.New(ty.Method(i).Type.In(1).Elem())
		named := false
		for _, field := range []string{"Name", "TrailName", "ResourceId", "Channel"} {
			if f := input.Elem().FieldByName(field); f.IsValid() && !strings.HasPrefix(name, "CreateChannel") {
				f.Set(reflect.ValueOf(aws.String("main")))
				named = true
			}
		}
		needs, err := w.Needs(w.Context(t), name, input.Interface())
		if err != nil || len(needs) == 0 {
			t.Errorf("%s needs %v, %v", name, needs, err)
			continue
		}
		if n := needs[0]; n.Action != "cloudtrail:"+name || named == (n.Resource == "*") {
			t.Errorf("%s needs %+v", name, n)
		}
	}
	if _, ok := any(w.Service).(service.Authorizer); !ok {
		t.Error("no authorizer")
	}
}
