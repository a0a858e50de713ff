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
