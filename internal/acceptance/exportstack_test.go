package acceptance

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	trailtypes "github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// A stack is a CloudFormation template whose resources are made through the SDK,
// for there is no CloudFormation here. It knows the types and properties that
// exported templates have, and refuses others.
type stack struct {
	s          *server
	parameters map[string]string
	conditions map[string]any
	resources  map[string]map[string]any
	// made are the resources that are there, with what Ref and GetAtt Arn give.
	made map[string]madeResource
}

type madeResource struct{ ref, arn string }

// createStack makes all resources of a template.
func (s *server) createStack(text string) {
	s.t.Helper()
	file, err := parser.ParseBytes([]byte(text), 0)
	if err != nil || len(file.Docs) != 1 {
		s.t.Fatalf("%v\n%s", err, text)
	}
	top := object(s.t, value(s.t, file.Docs[0].Body))
	st := &stack{s: s, parameters: map[string]string{}, conditions: object(s.t, top["Conditions"]), resources: map[string]map[string]any{}, made: map[string]madeResource{}}
	for name, p := range object(s.t, top["Parameters"]) {
		def, ok := object(s.t, p)["Default"].(string)
		if !ok {
			s.t.Fatalf("parameter %s has no default", name)
		}
		st.parameters[name] = def
	}
	for id, r := range object(s.t, top["Resources"]) {
		st.resources[id] = object(s.t, r)
	}
	for _, id := range slices.Sorted(maps.Keys(st.resources)) {
		st.make(id)
	}
}

// value is a node of YAML as Go has it, an intrinsic function as a map of one.
func value(t *testing.T, n ast.Node) any {
	t.Helper()
	switch n := n.(type) {
	case *ast.TagNode:
		name, ok := strings.CutPrefix(n.Start.Value, "!")
		if !ok {
			t.Fatalf("tag %s", n.Start.Value)
		}
		if name != "Ref" {
			name = "Fn::" + name
		}
		return map[string]any{name: value(t, n.Value)}
	case *ast.MappingNode:
		out := map[string]any{}
		for _, v := range n.Values {
			key := fmt.Sprint(value(t, v.Key))
			if _, twice := out[key]; twice {
				t.Fatalf("%s is there twice", key)
			}
			out[key] = value(t, v.Value)
		}
		return out
	case *ast.MappingValueNode:
		return map[string]any{fmt.Sprint(value(t, n.Key)): value(t, n.Value)}
	case *ast.SequenceNode:
		var out []any
		for _, v := range n.Values {
			out = append(out, value(t, v))
		}
		return out
	case *ast.StringNode:
		return n.Value
	case *ast.IntegerNode:
		return fmt.Sprint(n.Value)
	case *ast.FloatNode:
		return fmt.Sprint(n.Value)
	case *ast.BoolNode:
		return fmt.Sprint(n.Value)
	}
	t.Fatalf("a node of type %T", n)
	return nil
}

func object(t *testing.T, v any) map[string]any {
	t.Helper()
	if v == nil {
		return nil
	}
	m, ok := v.(map[string]any)
	if !ok {
		t.Fatalf("%v is no map", v)
	}
	return m
}

var placeholder = regexp.MustCompile(`\$\{([A-Za-z0-9:.]+)\}`)

// resolve gives what a value comes to; resources that it refers to are made first.
func (st *stack) resolve(v any) any {
	switch v := v.(type) {
	case []any:
		var out []any
		for _, item := range v {
			out = append(out, st.resolve(item))
		}
		return out
	case map[string]any:
		for name, of := range v {
			switch name {
			case "Ref":
				return st.ref(of.(string), "")
			case "Fn::GetAtt":
				id, attribute, _ := strings.Cut(of.(string), ".")
				return st.ref(id, attribute)
			case "Fn::Sub":
				return placeholder.ReplaceAllStringFunc(of.(string), func(found string) string {
					id, attribute, _ := strings.Cut(strings.Trim(found, "${}"), ".")
					return st.ref(id, attribute)
				})
			}
		}
		out := map[string]any{}
		for name, of := range v {
			out[name] = st.resolve(of)
		}
		return out
	}
	return v
}

func (st *stack) ref(id, attribute string) string {
	switch id {
	case "AWS::AccountId":
		return account
	case "AWS::Partition":
		return "aws"
	}
	if p, ok := st.parameters[id]; ok && attribute == "" {
		return p
	}
	r := st.make(id)
	if attribute == "" {
		return r.ref
	}
	if attribute != "Arn" || r.arn == "" {
		st.s.t.Fatalf("%s has no attribute %s", id, attribute)
	}
	return r.arn
}

// holds tells whether a condition does; exported ones ask whether a parameter is given.
func (st *stack) holds(name string) bool {
	not := object(st.s.t, st.conditions[name])["Fn::Not"].([]any)
	equals := object(st.s.t, not[0])["Fn::Equals"].([]any)
	return st.resolve(equals[0]) != st.resolve(equals[1])
}

// make makes a resource, unless it is made already or its condition does not hold.
func (st *stack) make(id string) madeResource {
	t := st.s.t
	t.Helper()
	if r, ok := st.made[id]; ok {
		return r
	}
	def := st.resources[id]
	if def == nil {
		t.Fatalf("there is no resource %s", id)
	}
	if on, ok := def["DependsOn"].(string); ok {
		st.make(on)
	}
	if c, ok := def["Condition"].(string); ok && !st.holds(c) {
		return madeResource{}
	}
	p := &properties{t: t, id: id, all: object(t, st.resolve(def["Properties"]))}
	r, err := st.create(def["Type"].(string), p)
	if err != nil {
		t.Fatalf("%s: %v", id, err)
	}
	if len(p.all) > 0 {
		t.Errorf("%s: what are %v?", id, slices.Sorted(maps.Keys(p.all)))
	}
	st.made[id] = r
	return r
}

// properties are those of a resource; what is asked for is taken out.
type properties struct {
	t   *testing.T
	id  string
	all map[string]any
}

func (p *properties) take(name string) any {
	v := p.all[name]
	delete(p.all, name)
	return v
}

func (p *properties) text(name string) *string {
	v := p.take(name)
	if v == nil {
		return nil
	}
	text, ok := v.(string)
	if !ok {
		p.t.Fatalf("%s: %s is no text: %v", p.id, name, v)
	}
	return &text
}

func (p *properties) number(name string) *int32 {
	text := p.text(name)
	if text == nil {
		return nil
	}
	n, err := strconv.Atoi(*text)
	if err != nil {
		p.t.Fatalf("%s: %s: %v", p.id, name, err)
	}
	return aws.Int32(int32(n))
}

func (p *properties) float(name string) *float64 {
	text := p.text(name)
	if text == nil {
		return nil
	}
	n, err := strconv.ParseFloat(*text, 64)
	if err != nil {
		p.t.Fatalf("%s: %s: %v", p.id, name, err)
	}
	return &n
}

func (p *properties) yes(name string) *bool {
	text := p.text(name)
	if text == nil {
		return nil
	}
	return aws.Bool(*text == "true")
}

func (p *properties) texts(name string) (all []string) {
	if list, ok := p.take(name).([]any); ok {
		for _, v := range list {
			all = append(all, v.(string))
		}
	}
	return all
}

// document is a policy as text.
func (p *properties) document(name string) *string {
	b, err := json.Marshal(p.take(name))
	if err != nil {
		p.t.Fatal(err)
	}
	return aws.String(string(b))
}

func (p *properties) inner(name string) *properties {
	return &properties{t: p.t, id: p.id + "." + name, all: object(p.t, p.take(name))}
}

// create makes one resource as CloudFormation would: nothing that is there already
// is taken over.
func (st *stack) create(kind string, p *properties) (madeResource, error) {
	ctx, cfg := st.s.t.Context(), st.s.root()
	switch kind {
	case "AWS::S3::Bucket":
		return st.bucket(p)
	case "AWS::S3::BucketPolicy":
		_, err := st.s3().PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: p.text("Bucket"), Policy: p.document("PolicyDocument")})
		return madeResource{}, err
	case "AWS::Logs::LogGroup":
		c := cloudwatchlogs.NewFromConfig(cfg)
		name := p.text("LogGroupName")
		_, err := c.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: name})
		if err != nil {
			return madeResource{}, err
		}
		_, err = c.PutRetentionPolicy(ctx, &cloudwatchlogs.PutRetentionPolicyInput{LogGroupName: name, RetentionInDays: p.number("RetentionInDays")})
		return madeResource{*name, "arn:aws:logs:" + region + ":" + account + ":log-group:" + *name + ":*"}, err
	case "AWS::IAM::Role":
		return st.role(p)
	case "AWS::CloudTrail::Trail":
		return st.trail(p)
	case "AWS::SNS::Topic":
		out, err := sns.NewFromConfig(cfg).CreateTopic(ctx, &sns.CreateTopicInput{Name: p.text("TopicName")})
		if err != nil {
			return madeResource{}, err
		}
		return madeResource{ref: *out.TopicArn}, nil
	case "AWS::SNS::TopicPolicy":
		policy := p.document("PolicyDocument")
		for _, arn := range p.texts("Topics") {
			if _, err := sns.NewFromConfig(cfg).SetTopicAttributes(ctx, &sns.SetTopicAttributesInput{TopicArn: &arn, AttributeName: aws.String("Policy"), AttributeValue: policy}); err != nil {
				return madeResource{}, err
			}
		}
		return madeResource{}, nil
	case "AWS::SNS::Subscription":
		_, err := sns.NewFromConfig(cfg).Subscribe(ctx, &sns.SubscribeInput{TopicArn: p.text("TopicArn"), Protocol: p.text("Protocol"), Endpoint: p.text("Endpoint")})
		return madeResource{}, err
	case "AWS::Logs::MetricFilter":
		return st.filter(p)
	case "AWS::CloudWatch::Alarm":
		return st.alarm(p)
	}
	return madeResource{}, fmt.Errorf("a resource of type %s", kind)
}

func (st *stack) s3() *s3.Client {
	return s3.NewFromConfig(st.s.root(), func(o *s3.Options) { o.UsePathStyle = true })
}

func (st *stack) bucket(p *properties) (madeResource, error) {
	ctx, name := st.s.t.Context(), p.text("BucketName")
	if _, err := st.s3().CreateBucket(ctx, &s3.CreateBucketInput{Bucket: name}); err != nil {
		return madeResource{}, err
	}
	block := p.inner("PublicAccessBlockConfiguration")
	_, err := st.s3().PutPublicAccessBlock(ctx, &s3.PutPublicAccessBlockInput{Bucket: name, PublicAccessBlockConfiguration: &s3types.PublicAccessBlockConfiguration{
		BlockPublicAcls: block.yes("BlockPublicAcls"), BlockPublicPolicy: block.yes("BlockPublicPolicy"),
		IgnorePublicAcls: block.yes("IgnorePublicAcls"), RestrictPublicBuckets: block.yes("RestrictPublicBuckets"),
	}})
	if err != nil {
		return madeResource{}, err
	}
	status := p.inner("VersioningConfiguration").text("Status")
	_, err = st.s3().PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{Bucket: name, VersioningConfiguration: &s3types.VersioningConfiguration{Status: s3types.BucketVersioningStatus(*status)}})
	return madeResource{*name, "arn:aws:s3:::" + *name}, err
}

func (st *stack) role(p *properties) (madeResource, error) {
	ctx, c := st.s.t.Context(), iam.NewFromConfig(st.s.root())
	out, err := c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: p.text("RoleName"), AssumeRolePolicyDocument: p.document("AssumeRolePolicyDocument")})
	if err != nil {
		return madeResource{}, err
	}
	for _, v := range p.take("Policies").([]any) {
		policy := &properties{t: p.t, id: p.id, all: object(p.t, v)}
		if _, err := c.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: out.Role.RoleName, PolicyName: policy.text("PolicyName"), PolicyDocument: policy.document("PolicyDocument")}); err != nil {
			return madeResource{}, err
		}
	}
	return madeResource{*out.Role.RoleName, *out.Role.Arn}, nil
}

func (st *stack) trail(p *properties) (madeResource, error) {
	ctx, c := st.s.t.Context(), cloudtrail.NewFromConfig(st.s.root())
	out, err := c.CreateTrail(ctx, &cloudtrail.CreateTrailInput{
		Name: p.text("TrailName"), S3BucketName: p.text("S3BucketName"), IsMultiRegionTrail: p.yes("IsMultiRegionTrail"),
		IncludeGlobalServiceEvents: p.yes("IncludeGlobalServiceEvents"), EnableLogFileValidation: p.yes("EnableLogFileValidation"),
		CloudWatchLogsLogGroupArn: p.text("CloudWatchLogsLogGroupArn"), CloudWatchLogsRoleArn: p.text("CloudWatchLogsRoleArn"),
	})
	if err != nil || !aws.ToBool(p.yes("IsLogging")) {
		return madeResource{}, err
	}
	if _, ok := p.all["EventSelectors"]; ok {
		in := &cloudtrail.PutEventSelectorsInput{TrailName: out.Name}
		for _, v := range p.take("EventSelectors").([]any) {
			of := &properties{t: p.t, id: p.id, all: object(p.t, v)}
			selector := trailtypes.EventSelector{ReadWriteType: trailtypes.ReadWriteType(*of.text("ReadWriteType")), IncludeManagementEvents: of.yes("IncludeManagementEvents")}
			for _, d := range of.take("DataResources").([]any) {
				resource := &properties{t: p.t, id: p.id, all: object(p.t, d)}
				selector.DataResources = append(selector.DataResources, trailtypes.DataResource{Type: resource.text("Type"), Values: resource.texts("Values")})
			}
			in.EventSelectors = append(in.EventSelectors, selector)
		}
		if _, err := c.PutEventSelectors(ctx, in); err != nil {
			return madeResource{}, err
		}
	}
	_, err = c.StartLogging(ctx, &cloudtrail.StartLoggingInput{Name: out.Name})
	return madeResource{*out.Name, *out.TrailARN}, err
}

func (st *stack) filter(p *properties) (madeResource, error) {
	c := cloudwatchlogs.NewFromConfig(st.s.root())
	in := &cloudwatchlogs.PutMetricFilterInput{FilterName: p.text("FilterName"), LogGroupName: p.text("LogGroupName"), FilterPattern: p.text("FilterPattern")}
	had, err := c.DescribeMetricFilters(st.s.t.Context(), &cloudwatchlogs.DescribeMetricFiltersInput{LogGroupName: in.LogGroupName, FilterNamePrefix: in.FilterName})
	if err != nil {
		return madeResource{}, err
	}
	for _, f := range had.MetricFilters {
		if *f.FilterName == *in.FilterName {
			return madeResource{}, fmt.Errorf("filter %s is there already", *in.FilterName)
		}
	}
	for _, v := range p.take("MetricTransformations").([]any) {
		to := &properties{t: p.t, id: p.id, all: object(p.t, v)}
		in.MetricTransformations = append(in.MetricTransformations, logstypes.MetricTransformation{
			MetricNamespace: to.text("MetricNamespace"), MetricName: to.text("MetricName"), MetricValue: to.text("MetricValue"), DefaultValue: to.float("DefaultValue"),
		})
		if len(to.all) > 0 {
			p.t.Errorf("%s: what are %v?", p.id, to.all)
		}
	}
	_, err = c.PutMetricFilter(st.s.t.Context(), in)
	return madeResource{ref: *in.FilterName}, err
}

func (st *stack) alarm(p *properties) (madeResource, error) {
	c := cloudwatch.NewFromConfig(st.s.root())
	in := &cloudwatch.PutMetricAlarmInput{
		AlarmName: p.text("AlarmName"), AlarmDescription: p.text("AlarmDescription"), Namespace: p.text("Namespace"), MetricName: p.text("MetricName"),
		ExtendedStatistic: p.text("ExtendedStatistic"), Statistic: cwtypes.Statistic(aws.ToString(p.text("Statistic"))), Period: p.number("Period"),
		EvaluationPeriods: p.number("EvaluationPeriods"), DatapointsToAlarm: p.number("DatapointsToAlarm"), Threshold: p.float("Threshold"),
		ComparisonOperator: cwtypes.ComparisonOperator(aws.ToString(p.text("ComparisonOperator"))), TreatMissingData: p.text("TreatMissingData"),
		AlarmActions: p.texts("AlarmActions"), OKActions: p.texts("OKActions"), InsufficientDataActions: p.texts("InsufficientDataActions"),
	}
	had, err := c.DescribeAlarms(st.s.t.Context(), &cloudwatch.DescribeAlarmsInput{AlarmNames: []string{*in.AlarmName}})
	if err != nil || len(had.MetricAlarms) > 0 {
		return madeResource{}, fmt.Errorf("alarm %s is there already, or %v", *in.AlarmName, err)
	}
	_, err = c.PutMetricAlarm(st.s.t.Context(), in)
	return madeResource{ref: *in.AlarmName}, err
}

// A stack of an exported template is a chain that rings, and every auditor that
// accepts any text accepts those that are chosen for it.
func TestExportByCloudFormation(t *testing.T) {
	for _, row := range []struct{ flag, auditor string }{
		{"", ""},
		{"cloudsploit", "CloudSploit"},
		{"elastic", "Elastic"},
		{"prowler", "Prowler"},
		{"scoutsuite", "ScoutSuite"},
		{"securityhub", "Security Hub"},
		{"steampipe", "Steampipe"},
		{"trivy", "Trivy"},
	} {
		t.Run(row.flag, func(t *testing.T) {
			s := start(t)
			s.createStack(export(t, "cloudformation", "--with-trail", "--email", "security@example.com", "--compat", row.flag))
			s.confirm()
			s.chainHolds(row.auditor)
		})
	}
}
