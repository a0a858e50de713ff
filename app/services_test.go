package app

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	awscloudtrail "github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	awscloudwatch "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"

	"tocsin/service/cloudtrail"
	"tocsin/service/cloudwatch"
	"tocsin/service/cloudwatchlogs"
	"tocsin/service/iam"
	"tocsin/service/s3"
	"tocsin/service/sns"
	"tocsin/service/sts"
)

var update = flag.Bool("update", false, "write docs/services.md")

// The page of what each service supports is that of what there is.
func TestServicesPage(t *testing.T) {
	var b strings.Builder
	b.WriteString(`# What the AWS endpoint supports

This page is made by ` + "`go test ./app -run TestServicesPage -update`" + ` from the code. What is not named here is answered with AWS's error for an
operation that there is not, never with pretended success; a combination of parameters that is not supported is answered with an error that
names it.

| service | operations | of AWS's |
|---|---|---|
`)
	var lists strings.Builder
	for _, s := range []struct {
		name         string
		client       any
		ours         []string
		notMentioned string
	}{
		{name: "CloudTrail", client: &awscloudtrail.Client{}, ours: operations(&cloudtrail.Service{})},
		{name: "CloudWatch", client: &awscloudwatch.Client{}, ours: operations(&cloudwatch.Service{})},
		{name: "CloudWatch Logs", client: &awslogs.Client{}, ours: operations(&cloudwatchlogs.Service{})},
		{name: "IAM", client: &awsiam.Client{}, ours: operations(&iam.Service{})},
		{name: "S3", client: &awss3.Client{}, ours: s3.Operations()},
		{name: "SNS", client: &awssns.Client{}, ours: operations(&sns.Service{})},
		{name: "STS", client: &awssts.Client{}, ours: operations(&sts.Service{})},
	} {
		all := operations(s.client)
		ours := slices.DeleteFunc(slices.Clone(s.ours), func(name string) bool { return !slices.Contains(all, name) })
		if len(ours) == 0 {
			t.Errorf("%s has no operations", s.name)
		}
		fmt.Fprintf(&b, "| [%s](#%s) | %d | %d |\n", s.name, strings.ReplaceAll(strings.ToLower(s.name), " ", "-"), len(ours), len(all))
		fmt.Fprintf(&lists, "\n## %s\n\n%s\n", s.name, strings.Join(ours, " · "))
	}
	lists.WriteString("\nBesides, of CloudTrail Data: PutAuditEvents.\n")
	page := b.String() + lists.String()
	path := filepath.Join("..", "docs", "services.md")
	if *update {
		if err := os.WriteFile(path, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	stored, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(stored) != page {
		t.Error("docs/services.md is not what the code says: go test ./app -run TestServicesPage -update")
	}
}

// operations are the methods of a service that are operations, by name.
func operations(of any) (names []string) {
	v := reflect.TypeOf(of)
	for i := range v.NumMethod() {
		m := v.Method(i)
		// An operation that gives events is a method without the SDK's options.
		if m.Type.NumIn() >= 3 && m.Type.NumIn() <= 4 && m.Type.IsVariadic() == (m.Type.NumIn() == 4) && m.Type.NumOut() == 2 &&
			m.Type.In(1) == reflect.TypeFor[context.Context]() && strings.HasSuffix(m.Type.In(2).String(), "Input") {
			names = append(names, m.Name)
		}
	}
	slices.Sort(names)
	return names
}
