package policy

import (
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestEvaluateInvariants(t *testing.T) { rapid.Check(t, invariants) }

func FuzzEvaluate(f *testing.F) { f.Fuzz(rapid.MakeFuzz(invariants)) }

// invariants draws policies out of a small world, in which much collides, and
// checks what must hold of every decision.
func invariants(t *rapid.T) {
	p := drawPolicies(t)
	context, owner := drawContext(t, "context"), rapid.SampledFrom([]string{"", "111111111111", "222222222222"}).Draw(t, "owner")
	completions := make([]Context, 4)
	for i := range completions {
		completions[i] = drawContext(t, "completion")
	}
	for _, caller := range callers {
		for _, action := range []string{"sns:Publish", "SNS:subscribe", "s3:GetObject"} {
			for _, resource := range resources {
				r := Request{Principal: caller, Action: action, Resource: resource, Owner: owner, Context: context}
				checkDecision(t, p, r)
				checkOpen(t, p, r, completions)
			}
		}
	}
}

func checkDecision(t *rapid.T, p Policies, r Request) {
	d := Evaluate(p, r)
	denied := slices.ContainsFunc(bearing(p, r.Principal), func(n placed) bool {
		return slices.ContainsFunc(n.policy.Statements, func(s Statement) bool {
			return s.Effect == Deny && s.meets(r, r.facts(), n.policy.Version, n.ofResource).applies == Yes
		})
	})
	if denied != (d.Verdict == ExplicitDeny) {
		t.Fatalf("a statement denies: %v, the verdict is %s", denied, d.Verdict)
	}
	switch {
	case d.Verdict == Undecided:
		t.Fatal("undecided, though all is known")
	case d.Verdict == ImplicitDeny && len(d.Lacking) == 0:
		t.Fatal("an implicit deny without what is lacking")
	case d.Verdict == ExplicitDeny && len(d.Grounds) == 0:
		t.Fatal("an explicit deny without ground")
	case d.Text() == "" || d.Message(r) == "":
		t.Fatal("a decision without text")
	}

	everything := Statement{Effect: Deny, Principal: Principals{Everyone: true}, Actions: []string{"*"}, Resources: []string{"*"}}
	if v := Evaluate(p.with(everything), r).Verdict; v != ExplicitDeny {
		t.Fatalf("all is denied, and the verdict is %s", v)
	}
	everything.Effect = Allow
	if v := Evaluate(p.with(everything), r).Verdict; (v == ExplicitDeny) != denied || (v == Allowed) == denied {
		t.Fatalf("all is allowed, denied was %v, and the verdict is %s", denied, v)
	}
}

// checkOpen decides while some keys are unknown, and then for values of them.
func checkOpen(t *rapid.T, p Policies, r Request, completions []Context) {
	r.Open = true
	open := Evaluate(p, r)
	if (open.Verdict == Undecided) != (len(open.Unknown()) > 0) {
		t.Fatalf("%s depends on %q:\n%s", open.Verdict, open.Unknown(), open.Text())
	}
	facts := r.facts()
	r.Open = false
	known := r.Context
	for _, completion := range completions {
		r.Context = maps.Clone(known)
		for key, values := range completion {
			if _, known := facts.lookup(key); !known {
				r.Context[key] = values
			}
		}
		closed := Evaluate(p, r)
		if open.Verdict != Undecided && open.Verdict != closed.Verdict &&
			(open.Verdict == Allowed || open.Verdict == ExplicitDeny || closed.Verdict == Allowed) {
			t.Fatalf("%s when open, %s for %+v", open.Verdict, closed.Verdict, r)
		}
	}
}

type placed struct {
	policy     Policy
	ofResource bool
}

// bearing are the policies that have a say about a caller.
func bearing(p Policies, caller Principal) []placed {
	var all []placed
	if p.Resource != nil {
		all = append(all, placed{p.Resource.Policy, true})
	}
	if caller.Account() == "" {
		return all
	}
	lists := append([][]Named{p.Session}, p.Organization...)
	if caller.Type != Root {
		lists = append(lists, p.Identity)
		if p.Boundary != nil {
			lists = append(lists, []Named{*p.Boundary})
		}
	}
	for _, n := range slices.Concat(lists...) {
		all = append(all, placed{n.Policy, false})
	}
	return all
}

// with adds a statement to every policy; where there is none of the identity or
// the resource it makes one.
func (p Policies) with(s Statement) Policies {
	add := func(n Named) Named {
		n.Policy.Statements = append(slices.Clone(n.Policy.Statements), s)
		return n
	}
	adds := func(list []Named) []Named {
		if list == nil {
			return nil
		}
		list = append(slices.Clone(list), Named{})
		for i := range list {
			list[i] = add(list[i])
		}
		return list
	}
	none := Named{}
	if p.Resource == nil {
		p.Resource = &none
	}
	if p.Identity == nil {
		p.Identity = []Named{}
	}
	resource := add(*p.Resource)
	p.Resource, p.Identity, p.Session = &resource, adds(p.Identity), adds(p.Session)
	if p.Boundary != nil {
		boundary := add(*p.Boundary)
		p.Boundary = &boundary
	}
	levels := slices.Clone(p.Organization)
	for i := range levels {
		levels[i] = adds(levels[i])
	}
	p.Organization = levels
	return p
}

const (
	bob     = "arn:aws:iam::111111111111:user/bob"
	role    = "arn:aws:iam::111111111111:role/path/ops"
	session = "arn:aws:sts::111111111111:assumed-role/ops/me"
)

var (
	callers = []Principal{
		{},
		{Type: Root, ARN: "arn:aws:iam::111111111111:root"},
		{Type: User, ARN: bob, ID: "AIDABOB"},
		{Type: RoleSession, ARN: session, Role: role, ID: "AROAOPS:me"},
		{Type: FederatedUser, ARN: "arn:aws:sts::111111111111:federated-user/eve"},
		Service("cloudwatch.amazonaws.com"),
		{Type: Provider, Provider: "accounts.google.com"},
	}
	resources = []string{"arn:aws:sns:eu-west-1:111111111111:alarms", "arn:aws:s3:::logs/bob/1", "*"}
	keys      = []string{"aws:SourceArn", "aws:SourceAccount", "aws:username", "aws:TagKeys"}
	values    = []string{"bob", "111111111111", "arn:aws:sns:eu-west-1:111111111111:alarms", "true", ""}
)

func drawContext(t *rapid.T, label string) Context {
	c := Context{}
	for _, key := range keys {
		if rapid.Bool().Draw(t, label+" has") {
			c[key] = rapid.SliceOfN(rapid.SampledFrom(values), 0, 2).Draw(t, key)
		}
	}
	return c
}

func drawPolicies(t *rapid.T) Policies {
	named := rapid.Custom(func(t *rapid.T) Named { return Named{"p", drawPolicy(t)} })
	p := Policies{
		Identity:        rapid.SliceOfN(named, 0, 2).Draw(t, "identity"),
		ResourceDecides: rapid.Bool().Draw(t, "resource decides"),
	}
	if rapid.Bool().Draw(t, "has resource policy") {
		n := named.Draw(t, "resource policy")
		p.Resource = &n
	}
	if rapid.Bool().Draw(t, "has boundary") {
		n := named.Draw(t, "boundary")
		p.Boundary = &n
	}
	if rapid.Bool().Draw(t, "has session policies") {
		p.Session = rapid.SliceOfN(named, 0, 2).Draw(t, "session")
	}
	for range rapid.IntRange(0, 2).Draw(t, "levels") {
		p.Organization = append(p.Organization, rapid.SliceOfN(named, 1, 2).Draw(t, "level"))
	}
	return p
}

func drawPolicy(t *rapid.T) Policy {
	statements := rapid.SliceOfN(rapid.Custom(drawStatement), 0, 3).Draw(t, "statements")
	return Policy{Version: rapid.SampledFrom([]Version{"", Version2008, Version2012}).Draw(t, "version"), Statements: statements}
}

func drawStatement(t *rapid.T) Statement {
	some := func(label string, from ...string) []string {
		return rapid.SliceOfN(rapid.SampledFrom(from), 1, 2).Draw(t, label)
	}
	either := func(label string, yes, not *[]string, list []string) {
		if rapid.IntRange(0, 4).Draw(t, label) == 0 {
			yes = not
		}
		*yes = list
	}
	s := Statement{Effect: rapid.SampledFrom([]Effect{Allow, Allow, Deny}).Draw(t, "effect")}
	who := Principals{
		AWS:     some("aws", "*", "111111111111", bob, role, session, "AIDABOB", "arn:aws:iam::222222222222:root"),
		Service: some("service", "cloudwatch.amazonaws.com", "sns.amazonaws.com"),
	}
	if rapid.IntRange(0, 4).Draw(t, "not principal") == 0 {
		s.NotPrincipal = who
	} else {
		s.Principal = who
	}
	either("not action", &s.Actions, &s.NotActions, some("action", "*", "sns:*", "SNS:Publish", "s3:Get*"))
	either("not resource", &s.Resources, &s.NotResources,
		some("resource", "*", "arn:aws:sns:*:*:alarms", "arn:aws:s3:::logs/${aws:username}/*", "arn:aws:s3:::logs/${aws:TagKeys, 'x'}/*"))
	for _, key := range keys {
		if rapid.IntRange(0, 5).Draw(t, "condition") != 0 {
			continue
		}
		o := Operator{
			Test: rapid.SampledFrom([]Test{StringEquals, StringNotEquals, StringLike, StringNotLike, ARNLike, ARNNotEquals, Bool, NumericNotEquals, Null}).Draw(t, "test"),
		}
		if o.Test != Null {
			o.Set = rapid.SampledFrom([]Set{Single, ForAnyValue, ForAllValues}).Draw(t, "set")
			o.IfExists = rapid.Bool().Draw(t, "if exists")
		}
		s.Conditions = append(s.Conditions, Condition{o, key, some("value", "bob", "111111111111", "arn:aws:sns:*:*:*", "true", "${aws:username}", "${aws:SourceAccount}")})
	}
	return s
}
