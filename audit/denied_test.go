package audit_test

import (
	"slices"
	"strings"
	"testing"

	"tocsin/audit"
	"tocsin/core/control"
)

// denials are all the calls of the audit, with what it takes that they are made,
// and a control that rests on them.
var denials = []struct {
	action  string
	changes []string
	control string
	note    bool // it is a remark, for the finding holds without it
}{
	{action: "cloudtrail:DescribeTrails", control: "root-usage"},
	{action: "cloudtrail:GetTrailStatus", control: "root-usage"},
	{action: "cloudtrail:GetEventSelectors", control: "root-usage"},
	{action: "logs:DescribeMetricFilters", control: "root-usage"},
	{action: "cloudwatch:DescribeAlarms", control: "root-usage"},
	{action: "cloudwatch:ListAlarmMuteRules", control: "root-usage"},
	{action: "cloudwatch:GetAlarmMuteRule", control: "root-usage", changes: []string{
		`set cloudwatch:ListAlarmMuteRules|111122223333/us-east-1|AlarmMuteRuleSummaries [{"AlarmMuteRuleArn":"arn:aws:cloudwatch:us-east-1:111122223333:alarm-mute-rule:works","Status":"ACTIVE"}]`,
	}},
	{action: "cloudwatch:DescribeAlarmHistory", control: "root-usage", note: true},
	{action: "sns:GetTopicAttributes", control: "root-usage"},
	{action: "sns:ListSubscriptionsByTopic", control: "root-usage"},
	{action: "sns:GetSubscriptionAttributes", control: "root-usage"},
	{action: "kms:DescribeKey", control: "root-usage", changes: []string{`text topic|KmsMasterKeyId alias/alarms`}},
	{action: "kms:GetKeyPolicy", control: "root-usage", changes: []string{
		`text topic|KmsMasterKeyId alias/alarms`, `set kms:DescribeKey|111122223333/us-east-1/alias/alarms {"KeyMetadata":{"KeyState":"Enabled","Arn":"arn:aws:kms:us-east-1:111122223333:key/1"}}`,
	}},
	{action: "kms:DescribeKey", control: "trail-kms-encryption", changes: []string{`del status|LatestDeliveryTime`}},
	{action: "s3:GetBucketLogging", control: "trail-bucket-access-logging"},
	{action: "s3:GetBucketPublicAccessBlock", control: "trail-bucket-not-public"},
	{action: "s3:GetBucketPolicyStatus", control: "trail-bucket-not-public", changes: []string{
		`set s3:GetBucketPublicAccessBlock|logs-111122223333 {"error":"NoSuchPublicAccessBlockConfiguration"}`, `set s3:GetBucketAcl|logs-111122223333 {"Grants":[]}`,
	}},
	{action: "s3:GetBucketAcl", control: "trail-bucket-not-public", changes: []string{
		`set s3:GetBucketPublicAccessBlock|logs-111122223333 {"error":"NoSuchPublicAccessBlockConfiguration"}`, `set s3:GetBucketPolicyStatus|logs-111122223333 {"PolicyStatus":{"IsPublic":false}}`,
	}},
	{action: "logs:DescribeLogGroups", control: "root-usage", note: true, changes: []string{`set filters []`}},
}

// errors are those that answers may be, and whether they are about a permission.
var refusals = map[string]bool{
	"AccessDenied": true, "AccessDeniedException": true, "AuthorizationError": true, "UnauthorizedOperation": true, "ExpiredToken": true,
	"ThrottlingException": false, "InternalFailure": false, "RequestTimeout": false,
}

// Each call is refused, and fails otherwise: the finding names the permission, and
// nothing that rests on it is PASSED.
func TestEachCallRefused(t *testing.T) {
	for _, d := range denials {
		for code, refused := range refusals {
			t.Run(d.action+"/"+code, func(t *testing.T) {
				answers := healthy(t)
				for _, line := range d.changes {
					if err := apply(answers, line); err != nil {
						t.Fatal(err)
					}
				}
				of, _ := answers[d.action].(map[string]any)
				refusing := map[string]any{}
				for resource := range of {
					refusing[resource] = map[string]any{"error": code}
				}
				if len(refusing) == 0 && refused {
					delete(answers, d.action) // what has no answer is denied
				} else {
					answers[d.action] = refusing
				}
				a := read(t, answers)
				asked := slices.ContainsFunc(a.Missing, func(m audit.Missing) bool { return m.Action == d.action })
				if !asked {
					t.Fatalf("%s was not asked for, or answered", d.action)
				}
				i := slices.IndexFunc(controls(), func(c control.Control) bool { return c.ID == d.control })
				f := audit.Judge(&a, controls()[i:i+1], control.Newest)[0]
				if !d.note && (f.Status != audit.NotAvailable || !strings.Contains(f.Summary, d.action)) {
					t.Errorf("%s is %s: %s", f.Control, f.Status, f.Summary)
				}
				if says := strings.Contains(f.Summary, "not readable without "+d.action); len(refusing) > 0 && !d.note && says != refused {
					t.Errorf("%s is told as a matter of permissions: %v", f.Summary, says)
				}
				if d.note && d.action == "cloudwatch:DescribeAlarmHistory" && !slices.ContainsFunc(f.Remarks, func(r audit.Remark) bool { return strings.Contains(r.Text, d.action) }) {
					t.Errorf("no remark names %s: %v", d.action, f.Remarks)
				}
			})
		}
	}
}

// The table above has each call that the audit can make.
func TestDenialsAreComplete(t *testing.T) {
	answers := healthy(t)
	for _, d := range denials {
		for _, line := range d.changes {
			if err := apply(answers, line); err != nil {
				t.Fatal(err)
			}
		}
	}
	var log asked
	if _, err := audit.Read(t.Context(), audit.Options{Account: account, Region: region, Now: now, Open: open(answers, &log), Unpaced: true}); err != nil {
		t.Fatal(err)
	}
	for _, call := range log.actions {
		action, _, _ := strings.Cut(call, " ")
		found := false
		for _, d := range denials {
			found = found || d.action == action
		}
		if !found {
			t.Errorf("%s is not among the denials", action)
		}
	}
}
