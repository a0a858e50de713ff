package access_test

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"tocsin/core/policy"
	"tocsin/service"
	"tocsin/service/access"
	"tocsin/service/iam"
	"tocsin/service/identity"
	"tocsin/service/servicetest"
	"tocsin/store/state"
)

const (
	account = "arn:aws:iam::" + servicetest.Account + ":"
	topic   = "arn:aws:sns:eu-central-1:123456789012:alarms"
	foreign = "arn:aws:sns:eu-central-1:210987654321:alarms"
)

// A house is an account with people in it.
type house struct {
	*testing.T
	world *servicetest.World
	gate  *access.Gate
	iam   *iam.Service
	ctx   context.Context
}

func newHouse(t *testing.T) house {
	t.Helper()
	w := servicetest.New(t)
	return house{t, w, newGate(w), iam.New(iam.Options{State: w.State, Now: w.Now}), w.Context(t)}
}

func newGate(w *servicetest.World) *access.Gate {
	return access.New(access.Options{State: w.State, Now: w.Now, Root: func() (string, string, string) { return rootID, rootSecret, servicetest.Account }})
}

func (h house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// allow is a statement list with one statement.
func allow(action, resource string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"` + action + `","Resource":"` + resource + `"}]}`
}

func deny(action, resource string) string {
	return strings.Replace(allow(action, resource), "Allow", "Deny", 1)
}

// when adds a condition to a policy of one statement.
func when(document, condition string) string {
	return strings.Replace(document, `}]}`, `,"Condition":`+condition+`}]}`, 1)
}

// by adds principals to a policy of one statement.
func by(document, principal string) string {
	return strings.Replace(document, `"Action"`, `"Principal":`+principal+`,"Action"`, 1)
}

// user makes a user with inline policies, and tells how he calls.
func (h house) user(name string, documents ...string) service.Caller {
	h.Helper()
	made, err := h.iam.CreateUser(h.ctx, &awsiam.CreateUserInput{UserName: &name, Tags: []types.Tag{{Key: aws.String("Team"), Value: aws.String("sec")}}})
	h.must(err)
	for i, d := range documents {
		_, err := h.iam.PutUserPolicy(h.ctx, &awsiam.PutUserPolicyInput{UserName: &name, PolicyName: aws.String("p" + string(rune('0'+i))), PolicyDocument: aws.String(d)})
		h.must(err)
	}
	c := h.world.Caller()
	c.Principal, c.UserName = policy.Principal{Type: policy.User, ARN: *made.User.Arn, ID: *made.User.UserId}, name
	return c
}

// role makes a role that its account trusts with an inline policy, and tells how
// a session of it calls.
func (h house) role(name, document string) service.Caller {
	h.Helper()
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + servicetest.Account + `"},"Action":"sts:AssumeRole"}]}`
	made, err := h.iam.CreateRole(h.ctx, &awsiam.CreateRoleInput{RoleName: &name, Path: aws.String("/team/"), AssumeRolePolicyDocument: &trust})
	h.must(err)
	_, err = h.iam.PutRolePolicy(h.ctx, &awsiam.PutRolePolicyInput{RoleName: &name, PolicyName: aws.String("own"), PolicyDocument: &document})
	h.must(err)
	c := h.world.Caller()
	c.Principal = policy.Principal{
		Type: policy.RoleSession, ARN: "arn:aws:sts::" + servicetest.Account + ":assumed-role/" + name + "/me", Role: *made.Role.Arn, ID: *made.Role.RoleId + ":me",
	}
	c.Session = &service.Session{IssuerARN: *made.Role.Arn, Created: h.world.Now().Add(-time.Minute)}
	c.AccessKeyID = "ASIAIOSFODNN7EXAMPLE"
	return c
}

// verdict is "" for what is permitted, else what the refusal ends in.
func (h house) verdict(c service.Caller, needs ...service.Need) string {
	h.Helper()
	err := h.gate.Permit(h.Context(), c, needs)
	if err == nil {
		return ""
	}
	if !access.IsDenied(err) {
		return "error: " + err.Error()
	}
	for _, sign := range []string{" because ", " with an "} {
		if i := strings.Index(err.Error(), sign); i >= 0 {
			return err.Error()[i+1:]
		}
	}
	return err.Error()
}

func publish(resource string) service.Need {
	return service.Need{Action: "sns:Publish", Resource: resource}
}

// guarded is a need that a policy of the resource bears on.
func guarded(n service.Need, document string) service.Need {
	n.Policy, n.PolicyName, n.Kind = &document, "policy of the topic", policy.Resource
	return n
}

const (
	noIdentity = "because no identity-based policy allows the sns:Publish action"
	noResource = "because no resource-based policy allows the sns:Publish action"
)

func TestPermit(t *testing.T) {
	h := newHouse(t)
	all := h.user("all", allow("*", "*"))
	none := h.user("none")
	barred := h.user("barred", allow("*", "*"), deny("sns:Publish", topic))
	root := h.world.Caller()
	session := h.role("ops", allow("sns:*", "*"))
	narrowed := session
	narrowed.Session = &service.Session{Policies: []string{allow("sns:List*", "*")}}
	nothing := session
	nothing.Session = &service.Session{Policies: []string{}}

	member := h.user("member")
	_, err := h.iam.CreateGroup(h.ctx, &awsiam.CreateGroupInput{GroupName: aws.String("ops")})
	h.must(err)
	_, err = h.iam.AddUserToGroup(h.ctx, &awsiam.AddUserToGroupInput{GroupName: aws.String("ops"), UserName: aws.String("member")})
	h.must(err)
	_, err = h.iam.AttachGroupPolicy(h.ctx, &awsiam.AttachGroupPolicyInput{GroupName: aws.String("ops"), PolicyArn: aws.String("arn:aws:iam::aws:policy/AmazonSNSFullAccess")})
	h.must(err)

	bounded := h.user("bounded", allow("*", "*"))
	_, err = h.iam.PutUserPermissionsBoundary(h.ctx, &awsiam.PutUserPermissionsBoundaryInput{UserName: aws.String("bounded"), PermissionsBoundary: aws.String("arn:aws:iam::aws:policy/AmazonSNSReadOnlyAccess")})
	h.must(err)

	anonymous := service.Caller{Time: h.world.Now(), SourceIP: netip.MustParseAddr("198.51.100.7")}
	stranger := h.world.Caller()
	stranger.Account = "210987654321"
	stranger.Principal = policy.Principal{Type: policy.Root, ARN: "arn:aws:iam::210987654321:root", ID: "210987654321"}

	letsAlice := by(allow("sns:Publish", topic), `{"AWS":"`+none.Principal.ARN+`"}`)
	letsAll := by(allow("sns:Publish", topic), `"*"`)
	letsAccount := by(allow("sns:Publish", topic), `{"AWS":"123456789012"}`)
	shutsAll := by(deny("sns:Publish", topic), `"*"`)
	for _, c := range []struct {
		name string
		who  service.Caller
		need service.Need
		want string
	}{
		{"by his policy", all, publish(topic), ""},
		{"by none", none, publish(topic), noIdentity},
		{"deny beats allow", barred, publish(topic), "with an explicit deny in an identity-based policy"},
		{"of another topic", barred, publish(topic + "2"), ""},
		{"by his group", member, publish(topic), ""},
		{"beyond his boundary", bounded, publish(topic), "because no permissions boundary allows the sns:Publish action"},
		{"within his boundary", bounded, service.Need{Action: "sns:ListTopics", Resource: "*"}, ""},

		{"named by the topic", none, guarded(publish(topic), letsAlice), ""},
		{"the topic trusts the account", none, guarded(publish(topic), letsAccount), noIdentity},
		{"the topic's deny beats his allow", all, guarded(publish(topic), shutsAll), "with an explicit deny in a resource-based policy"},

		{"the root", root, publish(topic), ""},
		{"the topic shuts the root out", root, guarded(publish(topic), shutsAll), "with an explicit deny in a resource-based policy"},
		{"the root of another account", stranger, guarded(publish(topic), letsAlice), noResource},
		{"the root of another account by name", stranger, guarded(publish(topic), by(allow("sns:Publish", topic), `{"AWS":"210987654321"}`)), ""},
		{"a topic of another account without policy", root, publish(foreign), noResource},
		{"a topic of another account that lets all", all, guarded(publish(foreign), strings.ReplaceAll(letsAll, topic, foreign)), ""},
		{"and his own policy does not", none, guarded(publish(foreign), strings.ReplaceAll(letsAll, topic, foreign)), noIdentity},
		{
			"whose bucket it is says who owns it", all,
			service.Need{Action: "s3:PutObject", Resource: "arn:aws:s3:::logs/x", Owner: "210987654321"},
			"because no resource-based policy allows the s3:PutObject action",
		},

		{"a session by its role", session, publish(topic), ""},
		{"a session that was narrowed", narrowed, publish(topic), "because no session policy allows the sns:Publish action"},
		{"a session whose policy is gone", nothing, publish(topic), "because no session policy allows the sns:Publish action"},

		{"nobody", anonymous, publish(topic), noResource},
		{"nobody where all may", anonymous, guarded(publish(topic), letsAll), ""},

		{
			"a trust policy decides", all,
			service.Need{Action: "sts:AssumeRole", Resource: account + "role/r", Kind: policy.Trust, PolicyDecides: true},
			"because no role trust policy allows the sts:AssumeRole action",
		},
		{"a policy that cannot be read lets nobody through", root, guarded(publish(topic), "{"), `error: policy of ` + topic},
		{"nothing is needed", none, service.Need{}, "because no identity-based policy allows the  action"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h.T = t
			if got := h.verdict(c.who, c.need); got != c.want && !(strings.HasPrefix(c.want, "error: ") && strings.HasPrefix(got, c.want)) {
				t.Errorf("\n got %q\nwant %q", got, c.want)
			}
		})
	}
	h.T = t
	if got := h.verdict(none); got != "" {
		t.Errorf("no need: %q", got)
	}
	if got := h.verdict(barred, publish(topic+"2"), publish(topic)); got == "" {
		t.Error("the second of two needs was not looked at")
	}
}

// TestOwnBucketPolicy is that the root can mend a policy that shuts him out, and
// nobody else can.
func TestOwnBucketPolicy(t *testing.T) {
	h := newHouse(t)
	all, root := h.user("all", allow("*", "*")), h.world.Caller()
	shut := by(deny("s3:*", "arn:aws:s3:::logs"), `"*"`)
	need := func(action, owner string) service.Need {
		n := guarded(service.Need{Action: action, Resource: "arn:aws:s3:::logs", Owner: owner}, shut)
		n.Kind = policy.Bucket
		return n
	}
	const deniedBy = "with an explicit deny in a resource-based policy"
	for _, c := range []struct {
		who  service.Caller
		need service.Need
		want string
	}{
		{root, need("s3:PutBucketPolicy", servicetest.Account), ""},
		{root, need("s3:DeleteBucketPolicy", servicetest.Account), ""},
		{root, need("s3:DeleteBucket", servicetest.Account), deniedBy},
		{root, need("s3:DeleteBucketPolicy", "210987654321"), deniedBy},
		{all, need("s3:DeleteBucketPolicy", servicetest.Account), deniedBy},
	} {
		if got := h.verdict(c.who, c.need); got != c.want {
			t.Errorf("%s %s of %s: %q, want %q", c.who.Principal.ARN, c.need.Action, c.need.Owner, got, c.want)
		}
	}
}

// TestConditionKeys is what a policy can ask of each call.
func TestConditionKeys(t *testing.T) {
	h := newHouse(t)
	name := "alice"
	user := h.user(name)
	session := h.role("ops", allow("sns:List*", "*"))
	h.must(h.world.State.Update(t.Context(), func(tx *state.Tx) error {
		_, err := identity.Sessions.Put(t.Context(), tx, state.Resource[identity.Session]{Name: session.AccessKeyID, Value: identity.Session{
			Tags: []identity.Tag{{Key: "Shift", Value: "night"}}, SourceIdentity: "alice",
		}})
		return err
	}))
	_, err := h.iam.TagRole(h.ctx, &awsiam.TagRoleInput{RoleName: aws.String("ops"), Tags: []types.Tag{{Key: aws.String("shift"), Value: aws.String("day")}, {Key: aws.String("Team"), Value: aws.String("ops")}}})
	h.must(err)
	for _, c := range []struct{ condition, holds string }{
		{`{"StringEquals":{"aws:PrincipalArn":"arn:aws:iam::123456789012:user/alice"}}`, "user"},
		{`{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::123456789012:role/team/*"}}`, "session"},
		{`{"StringEquals":{"aws:PrincipalAccount":"123456789012"}}`, "user session"},
		{`{"StringEquals":{"aws:PrincipalType":"User"}}`, "user"},
		{`{"StringEquals":{"aws:username":"alice"}}`, "user"},
		{`{"StringLike":{"aws:userid":"AIDA*"}}`, "user"},
		{`{"StringLike":{"aws:userid":"AROA*:me"}}`, "session"},
		{`{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}`, "user session"},
		{`{"IpAddress":{"aws:SourceIp":"198.51.100.0/24"}}`, ""},
		{`{"Bool":{"aws:SecureTransport":"false"}}`, "user session"},
		{`{"StringEquals":{"aws:RequestedRegion":"eu-central-1"}}`, "user session"},
		{`{"DateGreaterThan":{"aws:CurrentTime":"2026-07-01T11:59:59Z"},"DateLessThan":{"aws:CurrentTime":"2026-07-01T12:00:01Z"}}`, "user session"},
		{`{"NumericEquals":{"aws:EpochTime":"1782907200"}}`, "user session"},
		{`{"StringLike":{"aws:UserAgent":"service*"}}`, "user session"},
		{`{"Bool":{"aws:MultiFactorAuthPresent":"false"}}`, "session"},
		{`{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}`, "user session"},
		{`{"Null":{"aws:MultiFactorAuthPresent":"true"}}`, "user"},
		{`{"DateEquals":{"aws:TokenIssueTime":"2026-07-01T11:59:00Z"}}`, "session"},
		{`{"StringEquals":{"aws:PrincipalTag/Team":"sec"}}`, "user"},
		{`{"StringEquals":{"aws:PrincipalTag/team":"ops"}}`, "session"},
		{`{"StringEquals":{"aws:PrincipalTag/Shift":"night"}}`, "session"},
		{`{"StringEquals":{"aws:PrincipalTag/Shift":"day"}}`, ""},
		{`{"StringEquals":{"aws:SourceIdentity":"alice"}}`, "session"},
		{`{"Bool":{"aws:ViaAWSService":"false"}}`, "user session"},
		{`{"Bool":{"aws:PrincipalIsAWSService":"false"}}`, "user session"},
		{`{"StringEquals":{"aws:ResourceAccount":"123456789012"}}`, "user session"},
		{`{"StringEquals":{"sns:Protocol":"https"}}`, "user session"},
		{`{"StringEquals":{"aws:SourceVpc":"vpc-1"}}`, ""},
	} {
		document := when(allow("sns:Publish", topic), c.condition)
		_, err := h.iam.PutUserPolicy(h.ctx, &awsiam.PutUserPolicyInput{UserName: &name, PolicyName: aws.String("p"), PolicyDocument: &document})
		h.must(err)
		_, err = h.iam.PutRolePolicy(h.ctx, &awsiam.PutRolePolicyInput{RoleName: aws.String("ops"), PolicyName: aws.String("p"), PolicyDocument: &document})
		h.must(err)
		need := publish(topic)
		need.Context = policy.Context{"sns:Protocol": {"https"}, "AWS:sourceip": {"198.51.100.7"}, "aws:principaltag/TEAM": {"none"}} // these two are not for a service to say
		var holds []string
		if h.verdict(user, need) == "" {
			holds = append(holds, "user")
		}
		if h.verdict(session, need) == "" {
			holds = append(holds, "session")
		}
		if got := strings.Join(holds, " "); got != c.holds {
			t.Errorf("%s holds for %q, want %q", c.condition, got, c.holds)
		}
	}
}

// TestWhoIsGone is that neither a user nor a role that was deleted may do anything,
// even if another has the name by now.
func TestWhoIsGone(t *testing.T) {
	h := newHouse(t)
	user, role := h.user("alice"), h.role("ops", allow("*", "*"))
	_, err := h.iam.DeleteUser(h.ctx, &awsiam.DeleteUserInput{UserName: aws.String("alice")})
	h.must(err)
	_, err = h.iam.DeleteRolePolicy(h.ctx, &awsiam.DeleteRolePolicyInput{RoleName: aws.String("ops"), PolicyName: aws.String("own")})
	h.must(err)
	_, err = h.iam.DeleteRole(h.ctx, &awsiam.DeleteRoleInput{RoleName: aws.String("ops")})
	h.must(err)
	gone := func(c service.Caller) {
		t.Helper()
		if err := h.gate.Permit(t.Context(), c, []service.Need{publish(topic)}); err == nil || !strings.Contains(err.Error(), "InvalidClientTokenId") {
			t.Errorf("%s: %v", c.Principal.ARN, err)
		}
	}
	gone(user)
	gone(role)
	h.user("alice", allow("*", "*"))
	h.role("ops", allow("*", "*"))
	gone(user)
	gone(role)
}

func TestService(t *testing.T) {
	h := newHouse(t)
	const trail = "arn:aws:cloudtrail:eu-central-1:123456789012:trail/main"
	document := when(by(allow("s3:PutObject", "arn:aws:s3:::logs/*"), `{"Service":"cloudtrail.amazonaws.com"}`), `{"StringEquals":{"aws:SourceArn":"`+trail+`","s3:x-amz-acl":"bucket-owner-full-control"}}`)
	need := guarded(service.Need{
		Action: "s3:PutObject", Resource: "arn:aws:s3:::logs/AWSLogs/1", Owner: servicetest.Account,
		Context: policy.Context{"s3:x-amz-acl": {"bucket-owner-full-control"}},
	}, document)
	keys := policy.Context{"aws:SourceArn": {trail}}
	for _, c := range []struct {
		principal string
		keys      policy.Context
		need      service.Need
		want      bool
	}{
		{"cloudtrail.amazonaws.com", keys, need, true},
		{"config.amazonaws.com", keys, need, false},
		{"cloudtrail.amazonaws.com", policy.Context{"aws:SourceArn": {trail + "2"}}, need, false},
		{"cloudtrail.amazonaws.com", nil, need, false},
		{"cloudtrail.amazonaws.com", keys, service.Need{Action: need.Action, Resource: need.Resource}, false},
	} {
		err := h.gate.Service(t.Context(), c.principal, c.keys, []service.Need{c.need})
		if (err == nil) != c.want || err != nil && !access.IsDenied(err) {
			t.Errorf("%s with %v: %v", c.principal, c.keys, err)
		}
	}
	broken := guarded(need, "{")
	if err := h.gate.Service(t.Context(), "cloudtrail.amazonaws.com", keys, []service.Need{broken}); err == nil || access.IsDenied(err) {
		t.Errorf("a policy that cannot be read: %v", err)
	}
}

func TestRole(t *testing.T) {
	h := newHouse(t)
	const group = "arn:aws:logs:eu-central-1:123456789012:log-group:trail:log-stream:x"
	trust := when(strings.Replace(by(allow("sts:AssumeRole", "-"), `{"Service":"cloudtrail.amazonaws.com"}`), `,"Resource":"-"`, "", 1), `{"StringEquals":{"aws:SourceAccount":"123456789012"}}`)
	_, err := h.iam.CreateRole(h.ctx, &awsiam.CreateRoleInput{RoleName: aws.String("delivers"), Path: aws.String("/service/"), AssumeRolePolicyDocument: &trust})
	h.must(err)
	_, err = h.iam.PutRolePolicy(h.ctx, &awsiam.PutRolePolicyInput{RoleName: aws.String("delivers"), PolicyName: aws.String("p"), PolicyDocument: aws.String(allow("logs:PutLogEvents", group))})
	h.must(err)
	keys := policy.Context{"aws:SourceAccount": {servicetest.Account}}
	write := service.Need{Action: "logs:PutLogEvents", Resource: group}
	for _, c := range []struct {
		role, principal string
		keys            policy.Context
		need            service.Need
		want            string
	}{
		{account + "role/service/delivers", "cloudtrail.amazonaws.com", keys, write, ""},
		{account + "role/delivers", "cloudtrail.amazonaws.com", keys, write, "The role arn:aws:iam::123456789012:role/delivers does not exist"},
		{account + "role/none", "cloudtrail.amazonaws.com", keys, write, "The role arn:aws:iam::123456789012:role/none does not exist"},
		{account + "user/delivers", "cloudtrail.amazonaws.com", keys, write, "arn:aws:iam::123456789012:user/delivers is not the ARN of a role"},
		{account + "role/service/delivers", "config.amazonaws.com", keys, write, "User: config.amazonaws.com is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::123456789012:role/service/delivers because no role trust policy allows the sts:AssumeRole action"},
		{account + "role/service/delivers", "cloudtrail.amazonaws.com", nil, write, "User: cloudtrail.amazonaws.com is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::123456789012:role/service/delivers because no role trust policy allows the sts:AssumeRole action"},
		{account + "role/service/delivers", "cloudtrail.amazonaws.com", keys, service.Need{Action: "logs:CreateLogStream", Resource: group}, "User: arn:aws:sts::123456789012:assumed-role/delivers/cloudtrail is not authorized to perform: logs:CreateLogStream on resource: " + group + " because no identity-based policy allows the logs:CreateLogStream action"},
	} {
		err := h.gate.Role(t.Context(), c.role, c.principal, c.keys, []service.Need{c.need})
		if (err == nil) != (c.want == "") || err != nil && (!access.IsDenied(err) || !strings.HasSuffix(err.Error(), c.want)) {
			t.Errorf("%s by %s:\n got %v\nwant %s", c.role, c.principal, err, c.want)
		}
	}
}

// TestUndecided is that what cannot be read lets nobody through.
func TestUndecided(t *testing.T) {
	h := newHouse(t)
	all := h.user("all", allow("*", "*"))
	h.must(h.world.State.Update(t.Context(), func(tx *state.Tx) error {
		_, err := identity.Users.Change(t.Context(), tx, identity.Global(servicetest.Scope), "all", func(u *identity.User) error {
			u.Inline["broken"] = `{"Statement":`
			return nil
		})
		return err
	}))
	if err := h.gate.Permit(t.Context(), all, []service.Need{publish(topic)}); err == nil || access.IsDenied(err) {
		t.Errorf("a policy of his cannot be read: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := h.gate.Permit(ctx, all, []service.Need{publish(topic)}); !errors.Is(err, context.Canceled) {
		t.Errorf("the database cannot be read: %v", err)
	}
}
