package access_test

import (
	"context"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tocsin/core/policy"
	"tocsin/service"
	"tocsin/service/identity"
	"tocsin/service/servicetest"
	"tocsin/store/state"
)

// FuzzPermit puts any texts around a caller as policies: nothing panics, and what
// [surrounded.check] says holds.
func FuzzPermit(f *testing.F) {
	named := by(allow("sns:Publish", topic), `{"AWS":"`+account+`user/alice"}`)
	f.Add(allow("*", "*"), "", "", "", "sns:Publish", topic, byte(0))
	f.Add(allow("sns:*", topic), named, allow("sns:*", "*"), allow("*", "*"), "sns:Publish", topic, byte(1))
	f.Add(deny("sns:*", topic), named, "", "", "sns:Publish", topic, byte(2))
	f.Add("", strings.ReplaceAll(named, topic, foreign), "", "", "sns:Publish", foreign, byte(3))
	f.Add(when(allow("*", "*"), `{"ForAllValues:StringLike":{"aws:TagKeys":["${aws:username}","a*"]}}`), "{", "", "{}", "iam:TagUser", "*", byte(4))
	f.Add(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotAction":"iam:*","NotResource":"arn:aws:s3:::x"}]}`, "", "", "", "s3:GetObject", "arn:aws:s3:::y/z", byte(5))

	w := servicetest.New(f)
	f.Fuzz(func(t *testing.T, identity, resourcePolicy, session, boundary, action, resource string, how byte) {
		surrounded{identity, resourcePolicy, session, boundary, action, resource, how}.check(t, w)
	})
}

// TestPermitAnything is the same with policies that are right, out of few words, so
// that they often meet.
func TestPermitAnything(t *testing.T) {
	w := servicetest.New(t)
	actions := rapid.SampledFrom([]string{"sns:Publish", "sns:*", "*", "s3:GetObject"})
	resources := rapid.SampledFrom([]string{topic, foreign, "*", "arn:aws:sns:*:*:alarms"})
	principal := rapid.SampledFrom([]string{`"*"`, `{"AWS":"` + account + `user/alice"}`, `{"AWS":"` + account + `root"}`, `{"AWS":"210987654321"}`, `{"Service":"cloudtrail.amazonaws.com"}`})
	condition := rapid.SampledFrom([]string{``, `{"StringEquals":{"aws:username":"alice"}}`, `{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}`, `{"Null":{"aws:TokenIssueTime":"true"}}`})
	document := func(r *rapid.T, label string, named bool) string {
		if rapid.Bool().Draw(r, label+" is absent") {
			return ""
		}
		text := allow(actions.Draw(r, label), resources.Draw(r, label))
		if rapid.IntRange(0, 3).Draw(r, label) == 0 {
			text = strings.Replace(text, "Allow", "Deny", 1)
		}
		if c := condition.Draw(r, label); c != "" {
			text = when(text, c)
		}
		if named {
			text = by(text, principal.Draw(r, label))
		}
		return text
	}
	rapid.Check(t, func(r *rapid.T) {
		surrounded{
			document(r, "identity", false), document(r, "resource", true), document(r, "session", false), document(r, "boundary", false),
			"sns:Publish", rapid.SampledFrom([]string{topic, foreign}).Draw(r, "on"), rapid.Byte().Draw(r, "how"),
		}.check(r, w)
	})
}

// Surrounded is a call of a user with policies of all kinds around him.
type surrounded struct {
	identity, resourcePolicy, session, boundary string // "" for none
	action, resource                            string
	how                                         byte
}

// A tester is a *testing.T or a *rapid.T.
type tester interface {
	Helper()
	Context() context.Context
	Fatal(...any)
	Fatalf(string, ...any)
}

// check sees that a policy that cannot be read lets nobody through, that whom nothing
// allows is not let through, and that a deny of everything denies, in whichever policy
// it stands.
func (c surrounded) check(t tester, w *servicetest.World) {
	gate, in := newGate(w), identity.Global(servicetest.Scope)
	texts := []string{c.identity, c.resourcePolicy, c.session, c.boundary}
	u := identity.User{Entity: identity.Entity{Name: "alice", Path: "/", ID: "AIDA", Inline: map[string]string{}}}
	if c.identity != "" {
		u.Inline["own"] = c.identity
	}
	edge := identity.Policy{Name: "edge", Path: "/", Default: "v1", Versions: []identity.Version{{ID: "v1", Document: c.boundary}}}
	if c.boundary != "" {
		u.Boundary = account + "policy/edge"
	}
	caller := w.Caller()
	caller.Principal, caller.UserName = policy.Principal{Type: policy.User, ARN: account + "user/alice", ID: "AIDA"}, "alice"
	if c.session != "" {
		caller.Session = &service.Session{Policies: []string{c.session}}
	}
	need := service.Need{Action: c.action, Resource: c.resource, PolicyDecides: c.how&8 != 0}
	if c.how&16 != 0 {
		need.Owner = "210987654321"
	}
	if c.resourcePolicy != "" {
		need = guarded(need, c.resourcePolicy)
	}
	permit := func() error {
		t.Helper()
		if err := w.State.Update(t.Context(), func(tx *state.Tx) error {
			if _, err := state.Exists(identity.Users.Delete(t.Context(), tx, in, "alice")); err != nil {
				return err
			}
			if _, err := identity.Users.Put(t.Context(), tx, state.Resource[identity.User]{Scope: in, Name: "alice", Value: u}); err != nil {
				return err
			}
			if _, err := state.Exists(identity.Policies.Delete(t.Context(), tx, in, "edge")); err != nil {
				return err
			}
			_, err := identity.Policies.Put(t.Context(), tx, state.Resource[identity.Policy]{Scope: in, Name: "edge", Value: edge})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return gate.Permit(t.Context(), caller, []service.Need{need})
	}

	err := permit()
	readable := true
	for _, text := range texts {
		if text == "" {
			continue
		}
		if _, wrong := policy.Parse(text, policy.Any); wrong != nil {
			readable = false
		}
	}
	switch {
	case !readable && err == nil:
		t.Fatal("let through although a policy cannot be read")
	case err == nil && !strings.Contains(c.identity+c.resourcePolicy, "Allow"):
		t.Fatal("let through although nothing allows it")
	}

	const denyAll = `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}`
	switch c.how % 4 {
	case 0:
		u.Inline["deny"] = denyAll
	case 1:
		need = guarded(need, strings.Replace(denyAll, `"Action"`, `"Principal":"*","Action"`, 1))
	case 2:
		if caller.Session == nil {
			caller.Session = &service.Session{}
		}
		caller.Session.Policies = append(caller.Session.Policies, denyAll)
	case 3:
		u.Boundary, edge.Versions[0].Document = account+"policy/edge", denyAll
	}
	if permit() == nil {
		t.Fatalf("an explicit deny in layer %d was not heard", c.how%4)
	}
}
