package acceptance

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/smithy-go"
)

// cases is the folder with the configurations of others, or "" when it is not here.
func cases(t *testing.T) string {
	t.Helper()
	folder := os.Getenv("TOCSIN_ACCEPTANCE")
	if folder == "" {
		folder = filepath.Join("..", "..", "..", "shared", "acceptance")
	}
	if _, err := os.Stat(folder); err != nil {
		t.Skip("the acceptance cases are not here: name their folder by TOCSIN_ACCEPTANCE")
	}
	return folder
}

func TestUnauthorizedCallByTerraform(t *testing.T) {
	// On the machine's clock the trail delivers after five minutes, and a bucket with
	// something in it is not destroyed.
	s := start(t, "--clock", "manual")
	tf := newTerraform(t, s, "terraform-unauthorized")
	tf.apply()
	s.confirm()

	user := s.userWithoutRights("intruder")
	_, err := cloudtrail.NewFromConfig(s.config(user.id, user.secret)).DescribeTrails(t.Context(), &cloudtrail.DescribeTrailsInput{})
	var refused smithy.APIError
	if !errors.As(err, &refused) || !strings.HasPrefix(refused.ErrorCode(), "AccessDenied") {
		t.Fatalf("a key that may do nothing asked for the trails and got %v", err)
	}
	l := s.await(`^ALARM: "unauthorized_api_calls-alarm"`)
	for _, want := range []string{"DescribeTrails", user.id, "intruder", "AccessDenied"} {
		if !strings.Contains(l.body, want) {
			t.Errorf("the mail does not name %s:\n%s", want, l.body)
		}
	}
	s.dropUser(user)
	tf.destroy()
	s.nothingIsLeft()
}

func TestRootActivityByTerraform(t *testing.T) {
	s := start(t, "--clock", "manual")
	tf := newTerraform(t, s, "terraform-root-activity")
	tf.apply()
	// The root did all of that, and it rings before anybody is told.
	s.ringing("root-access-" + region)
	topics := sns.NewFromConfig(s.root())
	found, err := topics.ListTopics(t.Context(), &sns.ListTopicsInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, topic := range found.Topics {
		if strings.HasSuffix(*topic.TopicArn, ":security-alerts-topic") {
			_, err = topics.Subscribe(t.Context(), &sns.SubscribeInput{TopicArn: topic.TopicArn, Protocol: aws.String("email"), Endpoint: aws.String("root@example.com")})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	s.confirm()
	// When that is over, he does something else.
	s.advance("10m")
	if _, err := topics.ListSubscriptions(t.Context(), &sns.ListSubscriptionsInput{}); err != nil {
		t.Fatal(err)
	}
	l := s.await(`^ALARM: "root-access-` + region + `"`)
	for _, want := range []string{"ListSubscriptions", rootID, ":root"} {
		if !strings.Contains(l.body, want) {
			t.Errorf("the mail does not name %s:\n%s", want, l.body)
		}
	}
	tf.destroy()
	s.nothingIsLeft()
}

func TestRecipeByCLI(t *testing.T) {
	folder := cases(t)
	for _, tool := range []string{"bash", "aws"} {
		if err := exec.Command(tool, "--version").Run(); err != nil {
			t.Skipf("the AWS CLI and bash are needed: %s does not run", tool)
		}
	}
	s := start(t)
	cmd := exec.Command("bash", filepath.Join(folder, "cli", "recipe.sh"))
	cmd.Env = append(s.environ(), "SUBSCRIBE=email=security@example.com")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.HasSuffix(strings.TrimSpace(string(out)), "recipe: ok") {
		t.Fatalf("%v\n%s", err, out)
	}
	s.confirm()
	user := s.userWithoutRights("intruder")
	if _, err := s3.NewFromConfig(s.config(user.id, user.secret), func(o *s3.Options) { o.UsePathStyle = true }).ListBuckets(t.Context(), &s3.ListBucketsInput{}); err == nil {
		t.Fatal("a key that may do nothing listed the buckets")
	}
	if l := s.await(`^ALARM: "CISUnauthorizedAPICallsAlarm"`); !strings.Contains(l.body, user.id) || !strings.Contains(l.body, "ListBuckets") {
		t.Errorf("the mail does not name key and call:\n%s", l.body)
	}
}

// A terraform is a configuration being applied to a server.
type terraform struct {
	s      *server
	folder string
	env    []string
}

// newTerraform copies a configuration and initializes it.
func newTerraform(t *testing.T, s *server, name string) *terraform {
	t.Helper()
	return initTerraform(t, s, os.DirFS(filepath.Join(cases(t), name)))
}

// initTerraform copies a configuration from anywhere and initializes it.
func initTerraform(t *testing.T, s *server, from fs.FS) *terraform {
	t.Helper()
	if err := exec.Command("terraform", "-version").Run(); err != nil {
		t.Skip("Terraform is not installed")
	}
	tf := &terraform{s: s, folder: t.TempDir()}
	if err := os.CopyFS(tf.folder, from); err != nil {
		t.Fatal(err)
	}
	tf.env = append(s.environ(), "TF_IN_AUTOMATION=1", "CHECKPOINT_DISABLE=1",
		"TF_VAR_endpoint="+s.endpoint, "TF_VAR_access_key="+rootID, "TF_VAR_secret_key="+rootWords)
	if mirror := os.Getenv("TOCSIN_TERRAFORM_MIRROR"); mirror != "" {
		rc := filepath.Join(tf.folder, "mirror.tfrc")
		text := fmt.Sprintf("provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", mirror)
		if err := os.WriteFile(rc, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		tf.env = append(tf.env, "TF_CLI_CONFIG_FILE="+rc)
	}
	if out, err := tf.run("init", "-input=false", "-no-color"); err != nil {
		if os.Getenv("TOCSIN_TERRAFORM_MIRROR") == "" {
			t.Skipf("Terraform has no AWS provider here: name a folder of providers by TOCSIN_TERRAFORM_MIRROR\n%s", out)
		}
		t.Fatalf("terraform init: %v\n%s", err, out)
	}
	return tf
}

func (tf *terraform) run(args ...string) (string, error) {
	cmd := exec.Command("terraform", args...)
	cmd.Dir, cmd.Env = tf.folder, tf.env
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (tf *terraform) must(args ...string) {
	tf.s.t.Helper()
	if out, err := tf.run(args...); err != nil {
		tf.s.t.Fatalf("terraform %s: %v\n%s", args[0], err, out)
	}
}

// apply makes everything; a plan afterwards has to find nothing to do.
func (tf *terraform) apply() {
	tf.s.t.Helper()
	tf.must("apply", "-auto-approve", "-input=false", "-no-color")
	if out, err := tf.run("plan", "-detailed-exitcode", "-input=false", "-no-color"); err != nil {
		tf.s.t.Fatalf("the second plan is not empty: %v\n%s", err, out)
	}
}

func (tf *terraform) destroy() {
	tf.s.t.Helper()
	tf.must("destroy", "-auto-approve", "-input=false", "-no-color")
}

// A user is one of IAM with a key.
type user struct{ name, id, secret string }

func (s *server) userWithoutRights(name string) user {
	s.t.Helper()
	ctx := s.t.Context()
	c := iam.NewFromConfig(s.root())
	_, err := c.CreateUser(ctx, &iam.CreateUserInput{UserName: &name})
	if err != nil {
		s.t.Fatal(err)
	}
	key, err := c.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: &name})
	if err != nil {
		s.t.Fatal(err)
	}
	return user{name, *key.AccessKey.AccessKeyId, *key.AccessKey.SecretAccessKey}
}

func (s *server) dropUser(u user) {
	s.t.Helper()
	ctx := s.t.Context()
	c := iam.NewFromConfig(s.root())
	_, err := c.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: &u.name, AccessKeyId: &u.id})
	_, last := c.DeleteUser(ctx, &iam.DeleteUserInput{UserName: &u.name})
	if err := errors.Join(err, last); err != nil {
		s.t.Fatal(err)
	}
}

// ringing waits until an alarm is in ALARM, and gives the reason.
func (s *server) ringing(name string) (reason string) {
	s.t.Helper()
	c := cloudwatch.NewFromConfig(s.root())
	eventually(s.t, name+" rings", func() bool {
		found, err := c.DescribeAlarms(s.t.Context(), &cloudwatch.DescribeAlarmsInput{AlarmNames: []string{name}})
		if err != nil || len(found.MetricAlarms) != 1 {
			s.t.Fatal(err, found)
		}
		reason = name + ": " + aws.ToString(found.MetricAlarms[0].StateReason)
		return found.MetricAlarms[0].StateValue == "ALARM"
	})
	return reason
}

// nothingIsLeft looks for what a destroyed configuration may have left behind.
func (s *server) nothingIsLeft() {
	s.t.Helper()
	ctx := s.t.Context()
	cfg := s.root()
	left := func(what string, n int, err error) {
		s.t.Helper()
		if err != nil || n != 0 {
			s.t.Errorf("%d %s are left (%v)", n, what, err)
		}
	}
	trails, err := cloudtrail.NewFromConfig(cfg).ListTrails(ctx, &cloudtrail.ListTrailsInput{})
	left("trails", count(trails, func() int { return len(trails.Trails) }), err)
	buckets, err := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true }).ListBuckets(ctx, &s3.ListBucketsInput{})
	left("buckets", count(buckets, func() int { return len(buckets.Buckets) }), err)
	roles, err := iam.NewFromConfig(cfg).ListRoles(ctx, &iam.ListRolesInput{})
	left("roles", count(roles, func() int { return len(roles.Roles) }), err)
	alarms, err := cloudwatch.NewFromConfig(cfg).DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{})
	left("alarms", count(alarms, func() int { return len(alarms.MetricAlarms) }), err)
	s.noLogsOrTopicsAreLeft(ctx, cfg, left)
}

// builtIn are the log group and the topic that tocsin serve itself makes.
const (
	builtInGroup = "aws-cloudtrail-logs"
	builtInTopic = ":security-alarms"
)

func (s *server) noLogsOrTopicsAreLeft(ctx context.Context, cfg aws.Config, left func(string, int, error)) {
	s.t.Helper()
	groups, err := cloudwatchlogs.NewFromConfig(cfg).DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{})
	left("log groups", count(groups, func() (n int) {
		for _, g := range groups.LogGroups {
			if *g.LogGroupName != builtInGroup {
				n++
			}
		}
		return n
	}), err)
	filters, err := cloudwatchlogs.NewFromConfig(cfg).DescribeMetricFilters(ctx, &cloudwatchlogs.DescribeMetricFiltersInput{})
	left("metric filters", count(filters, func() int { return len(filters.MetricFilters) }), err)
	topics, err := sns.NewFromConfig(cfg).ListTopics(ctx, &sns.ListTopicsInput{})
	left("topics", count(topics, func() (n int) {
		for _, topic := range topics.Topics {
			if !strings.HasSuffix(*topic.TopicArn, builtInTopic) {
				n++
			}
		}
		return n
	}), err)
	subscriptions, err := sns.NewFromConfig(cfg).ListSubscriptions(ctx, &sns.ListSubscriptionsInput{})
	left("subscriptions", count(subscriptions, func() int { return len(subscriptions.Subscriptions) }), err)
}

// count is n of an answer, 0 of none.
func count[T any](answer *T, n func() int) int {
	if answer == nil {
		return 0
	}
	return n()
}
